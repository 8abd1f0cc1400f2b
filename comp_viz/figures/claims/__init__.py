"""The words of the paper's claims, and the chart of their effects."""

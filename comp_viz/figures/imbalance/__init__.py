"""The figures of the Imbalance page."""

"""The figures of the Robustness page."""

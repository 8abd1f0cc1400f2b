"""The numbers of the Robustness page: scores under drawings of missing patterns, and references."""

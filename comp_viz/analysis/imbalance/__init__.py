"""The numbers of the Imbalance page: performance gap, under-optimisation, discrepancy."""

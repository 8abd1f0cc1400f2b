"""The figures of the Propagation page."""

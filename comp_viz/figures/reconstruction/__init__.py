"""The figures of the Reconstruction page."""

"""The figures of the Clips page."""

"""The figures of the Coordinator page."""

"""The figures of the Live page."""

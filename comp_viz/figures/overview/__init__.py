"""The figures of the Overview page."""

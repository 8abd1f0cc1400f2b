"""The figures of the Modulation page."""

"""The figures of the Why page."""

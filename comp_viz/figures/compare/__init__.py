"""The figures of the Compare page."""

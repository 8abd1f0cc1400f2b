"""The widgets and layout of the Compare page."""

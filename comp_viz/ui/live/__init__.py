"""The widgets and layout of the Live page."""

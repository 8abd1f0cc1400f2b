"""The widgets and layout of the Claims page."""

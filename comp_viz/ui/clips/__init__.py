"""The widgets and layout of the Clips page."""

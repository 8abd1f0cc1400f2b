"""The widgets and layout of the Modulation page."""

"""The widgets and layout of the Overview page."""

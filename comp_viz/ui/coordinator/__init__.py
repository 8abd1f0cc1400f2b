"""The widgets and layout of the Coordinator page."""

"""The widgets and layout of the Why page."""

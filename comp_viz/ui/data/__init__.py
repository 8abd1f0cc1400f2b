"""The widgets and layout of the Data page."""

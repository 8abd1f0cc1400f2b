"""The widgets and layout of the Reconstruction page."""

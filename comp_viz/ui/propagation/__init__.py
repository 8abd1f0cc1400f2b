"""The widgets and layout of the Propagation page."""

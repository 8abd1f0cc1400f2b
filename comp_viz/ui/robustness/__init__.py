"""The widgets and layout of the Robustness page."""

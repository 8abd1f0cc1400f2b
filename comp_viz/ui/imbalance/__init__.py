"""The widgets and layout of the Imbalance page."""

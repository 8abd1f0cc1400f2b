"""The widgets and layout of the Prototypes page."""

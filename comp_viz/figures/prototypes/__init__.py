"""The figures of the Prototypes page."""

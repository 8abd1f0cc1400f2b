"""The widgets and layout of the Lab page."""

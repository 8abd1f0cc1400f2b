"""The widgets and layout of the Lecture page."""

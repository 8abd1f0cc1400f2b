"""Figures of the Lecture page."""

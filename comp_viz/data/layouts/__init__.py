"""Layouts of files that other projects write, each a short mapping onto one frame of our columns."""

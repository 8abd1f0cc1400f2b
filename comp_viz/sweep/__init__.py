"""Sweeps: a grid of trainings from one YAML file, each run once, and their results in one table."""

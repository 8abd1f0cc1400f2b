"""The numbers of the Live page: what a missing pattern changes."""

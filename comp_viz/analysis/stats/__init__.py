"""Statistics that several pages share: intervals, tests, ranks, entropy. SciPy does what it can."""

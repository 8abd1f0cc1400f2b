"""Statistics that several pages share: intervals, tests, ranks, entropy, metrics over resamples. SciPy does what it can."""

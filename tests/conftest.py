"""Fixtures shared by all tests: where data lies, and golden files."""

"""The figures of the Lab page."""

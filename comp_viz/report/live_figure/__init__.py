"""A live figure in one file: a page that runs the model itself, on one conversation, from disk and without a network."""

"""What labels mean: which a task can have, and which task a column of labels sets."""

"""The numbers of the Coordinator page: its weights, whether they follow who is right, other weights."""

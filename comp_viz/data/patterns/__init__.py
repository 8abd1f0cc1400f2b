"""Missing patterns: one small vocabulary of what is taken away, for training, evaluation, pages and links."""

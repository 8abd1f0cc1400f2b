"""Our own table format, one row an utterance: written whole, opened memory-mapped."""

"""What surrounds every page: sidebar, missing pattern, selected utterance, compare mode, address, report."""

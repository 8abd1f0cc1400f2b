"""The parts of the Example page."""

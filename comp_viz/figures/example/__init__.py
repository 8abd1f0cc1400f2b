"""The words of the Example page."""

"""Files that someone hands over: kept apart under safe names, looked at, read as its owner says, and saved as a data set."""

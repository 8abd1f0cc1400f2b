"""The methods that the dashboard trains, judges and opens, a folder each; ComP is the first."""

"""The command line: one file a command, each with `add(subparsers)` and a function that runs it."""

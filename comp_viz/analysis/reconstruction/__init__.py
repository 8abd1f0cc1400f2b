"""The numbers of the Reconstruction page: what is rebuilt of missing entries, against what was recorded."""

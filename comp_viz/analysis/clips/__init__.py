"""The numbers of the Clips page: what a checkpoint makes of a clip."""

"""The numbers of the Propagation page: attention, what each prompt is worth, reconstruction."""

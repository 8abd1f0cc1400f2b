"""The numbers of the Propagation page: attention, and what each prompt is worth."""

"""The numbers of the Modulation page: gradient modulation in training and now."""

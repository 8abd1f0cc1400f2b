"""The numbers of the Why page: contributions, attributions, counterfactuals, and whether they are faithful."""

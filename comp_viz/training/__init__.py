"""Two-stage training: objective, gradient modulator, recipe and loop."""

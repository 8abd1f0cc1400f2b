"""The example clip: what the model says of it with and without each modality."""

"""Checkpoints: a folder with weights, configuration and a model card, checked before anything is built."""

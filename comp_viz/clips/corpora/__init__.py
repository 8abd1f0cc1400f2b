"""Corpora of one modality each, read with the clip extractors, and the data set made of them for the clip checkpoint."""

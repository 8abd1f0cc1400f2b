"""The lab: synthetic conversations sampled from a generating model that is known, so that the best answers are too."""

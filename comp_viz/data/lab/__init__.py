"""The lab: synthetic conversations drawn from a generating model that is known, so that the best answers are too."""

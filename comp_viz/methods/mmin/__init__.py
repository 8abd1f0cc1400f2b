"""MMIN (Zhao, Li, Jin, ACL 2021), utterance by utterance: what is missing is imagined from what is there."""

"""Conversations: their types, readers, the synthetic lab, missing patterns, and batches for the network."""

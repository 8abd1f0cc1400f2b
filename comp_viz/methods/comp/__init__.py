"""ComP as a method: its objective, its stages, its gradient modulator; the network is in `comp_viz/network`."""

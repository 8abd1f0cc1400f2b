"""SDR-GNN (Fu et al., Knowledge-Based Systems 2025): GCNet with hyperedges and a filter for high frequencies."""

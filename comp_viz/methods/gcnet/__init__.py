"""GCNet (Lian et al., TPAMI 2023): graphs of speakers and of time complete what is missing."""

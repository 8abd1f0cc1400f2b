"""MCTN (Pham et al., AAAI 2019), adapted to conversations: a code that can be translated into the other modalities."""

"""IMDer (Wang, Li, Cui, NeurIPS 2023), adapted to conversations: diffusion generates what is missing."""

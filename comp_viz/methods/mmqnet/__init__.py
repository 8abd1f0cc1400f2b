"""After MMQ-Net (Xu, Zuo, Li, 2025): learned queries rebuild what is missing, read out the emotion, and take up the rest."""

"""After HCAM (Dutta, Ganapathy, 2023): recurrence and attention of each modality, then attention across them."""

"""MoMKE (Xu, Jiang, Liang, ACM MM 2024): an expert for each modality, and routers that mix them."""

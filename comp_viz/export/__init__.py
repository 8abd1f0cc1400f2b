"""Trained networks as ONNX graphs: for use outside this package, and for the engine that answers in a browser."""

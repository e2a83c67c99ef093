"""Formats a subnet is shipped in: torch.export, ONNX, plain Python, Transformers."""

"""Parameters, FLOPs and memory."""

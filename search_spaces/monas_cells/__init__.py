"""Spaces of cells: small graphs of operations that are repeated to make a network."""

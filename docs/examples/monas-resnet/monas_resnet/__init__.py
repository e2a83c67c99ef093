"""Residual networks for small pictures, and what it takes to search them for a board."""

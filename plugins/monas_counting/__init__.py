"""Counting: maps of density from annotated points."""

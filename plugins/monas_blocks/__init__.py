"""Supernets trained and judged block by block, against a teacher's features."""

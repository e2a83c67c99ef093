"""Searches by policy gradient: a generator for every budget, and one policy per target."""

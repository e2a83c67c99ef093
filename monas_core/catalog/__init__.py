"""Plugins: what they may offer, how they are found, how they are looked up."""

"""How supernets are trained before a search."""

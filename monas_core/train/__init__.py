"""Training of one subnet alone, from inherited weights or from scratch."""

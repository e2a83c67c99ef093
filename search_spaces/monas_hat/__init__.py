"""Search space HAT."""

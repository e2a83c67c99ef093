"""Normal and reduction cells as in DARTS."""

"""Tasks that work offline."""

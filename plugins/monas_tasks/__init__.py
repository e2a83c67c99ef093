"""Tasks on text that is on every machine, or on the user's own."""

"""Search space NAS-Bench-201."""

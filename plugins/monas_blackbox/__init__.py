"""Search algorithms that only need values."""

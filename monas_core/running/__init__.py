"""A run from start to end: plan, session, warm-up, search, finish."""

"""A search by gates: every choice is closed or open, and how far is learnt."""

"""What a search is handed, and the search: the problem, its evaluator, the optimizer."""

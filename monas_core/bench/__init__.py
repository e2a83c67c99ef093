"""Optimizers side by side on a benchmark: same budget, same rule of the verdict."""

"""How a number moves from one value to another over a budget."""

from __future__ import annotations


def linear(start: float, end: float, progress: float) -> float:
    """On a straight line; held beyond a progress of 1."""
    return start + (end - start) * min(1.0, progress)

"""What is no part of a search: an observer and a preset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any


class Tally:
    """Counts events by kind."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, event: Any) -> None:
        self.seen[type(event).__name__] += 1


def sketch() -> Mapping[str, Any]:
    """A short run."""
    return {"budget": "12evals", "preferences": 4, "warm_up": {"steps": 10, "batch_size": 8}}

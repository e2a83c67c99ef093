"""Generations as they are published, where guides steer who survives.

A guide tells how a member stands among the others of a population, so there has to be one: the
survivors, and the children that were evaluated since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from monas_blackbox.ledger import Ledger
from monas_blackbox.outlook import Bred
from monas_blackbox.views import Column, View
from monas_core.problem.guide import Guide


class Generations:
    """Parents and children together compete; each view has survivors of its own.

    Everything evaluated stays in the ledger, from which wishes are answered: guides decide who
    breeds and nothing else.

    Args:
        ledger: What is evaluated.
        guides: Asked anew about every merged population.
    """

    def __init__(self, ledger: Ledger, guides: Sequence[Guide]) -> None:
        self._ledger, self._guides = ledger, tuple(guides)
        self._alive: dict[str, list[int]] = {}
        self._upto: dict[str, int] = {}

    def next(self, algorithm: str, view: View, size: int, count: int, seed: int) -> Tensor:
        """Choose the survivors of a view and breed up to ``count`` fresh children, ``(n, C)``."""
        from monas_blackbox.breeding import generation  # pymoo comes with an extra

        name = view.place.name
        fresh = range(self._upto.get(name, 0), len(self._ledger))
        merged = np.array([*self._alive.get(name, ()), *fresh], dtype=np.int64)
        points = view.points(self._ledger)[merged]
        steering = [g.columns(self._ledger.problem.objectives, points) for g in self._guides]
        known = Merged(self._ledger, view, merged)
        steered = np.concatenate([points, *steering], axis=1)
        survivors, brood = generation(algorithm, known, steered, size, count, seed)
        place = dict(zip(map(tuple, known.rows.tolist()), merged.tolist(), strict=True))
        self._alive[name] = sorted(place[row] for row in map(tuple, survivors.tolist()))
        self._upto[name] = len(self._ledger)
        return brood

    def state_dict(self) -> dict[str, Any]:
        """Who is alive, and how much of the ledger was looked at, by view."""
        return {
            "alive": {name: list(places) for name, places in self._alive.items()},
            "upto": dict(self._upto),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._alive = {name: list(places) for name, places in state["alive"].items()}
        self._upto = dict(state["upto"])


class Merged(Bred):
    """Parents and children, as breeding wants to be told of them.

    Args:
        ledger: What is evaluated: it is not bred again.
        view: For which they compete.
        places: Theirs in the ledger, ``(n,)``.
    """

    def __init__(self, ledger: Ledger, view: View, places: NDArray[np.int64]) -> None:
        super().__init__(ledger, view)
        self._places = places
        self.rows = ledger.rows[torch.from_numpy(places)]

    @property
    def misses(self) -> Column:
        """By how much each misses the limits of the view, ``(n,)``."""
        return self._view.misses(self._ledger)[self._places]

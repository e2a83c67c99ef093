"""Whose turn it is: the largest, random, the smallest, random subnets."""

from __future__ import annotations

import torch

from monas_core.parts.space import SearchSpace, end_rows
from monas_core.values import population
from monas_core.values.architecture import Architecture


class Turns:
    """Subnets in the order of the sandwich rule.

    Args:
        space: Of the supernet.
        random_subnets: Per round, beside the two ends.
        generator: Draws the random ones.
    """

    def __init__(self, space: SearchSpace, random_subnets: int, generator: torch.Generator) -> None:
        self._space, self._extra, self._generator = space, random_subnets, generator

    def next(self, done: int) -> tuple[str, Architecture]:
        """Kind and architecture of the subnet of a step."""
        smallest, largest = end_rows(self._space).split(1)
        turn = done % (2 + self._extra)
        names = {0: ("largest", largest), 1 + (self._extra + 1) // 2: ("smallest", smallest)}
        name, row = names.get(turn) or (
            "random",
            population.sample(self._space.choices, 1, self._generator),
        )
        return name, population.decode(self._space.choices, row)[0]

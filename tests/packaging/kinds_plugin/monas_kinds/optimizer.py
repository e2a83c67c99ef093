"""Simulated annealing: a walk for every device, each under a wish that turns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from monas_core.parts.device import Device
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.wish import Wish

HOTTEST, COLDEST = 1.0, 0.02
TRIES = 32
RANDOM = 8


class Annealing(Optimizer):
    """A step moves one walk by one choice, or stays."""

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Walks begin at the ends in turn."""
        self._problem, self._generator = problem, generator
        self._seen: dict[Architecture, None] = {}
        ends = population.decode(problem.choices, problem.ends)
        self._queue = list(dict.fromkeys(ends))
        self._walks = [ends[i % len(ends)] for i in range(len(problem.devices))]
        self._turn = 0

    def step(self) -> StepReport:
        """Look at one architecture that is new."""
        problem = self._problem
        turn = self._turn % len(self._walks)
        device, here = problem.devices[turn], self._walks[turn]
        there = self._queue.pop(0) if self._queue else self._next(here)
        if there is None:
            return StepReport("frozen", finished=True)
        self._turn += 1
        self._seen[there] = None
        problem.evaluator.matrix([there], device)
        if here not in self._seen:
            return StepReport("walking")
        values = problem.evaluator.matrix([here, there], device)
        known = problem.evaluator.matrix(list(self._seen), device)
        width = (known.amax(0) - known.amin(0)).clamp_min(1e-12)
        weights = torch.rand(values.shape[1], generator=self._generator).to(values.dtype)
        worse = float((weights * (values[1] - values[0]) / width).sum() / weights.sum())
        heat = HOTTEST * (COLDEST / HOTTEST) ** problem.meter.fraction
        chance = float(torch.rand((), generator=self._generator))
        if worse <= 0 or chance < math.exp(-worse / heat):
            self._walks[turn] = there
        return StepReport("walking", {"heat": heat})

    def _next(self, here: Architecture) -> Architecture | None:
        """A neighbour that is new, or anything that is; ``None`` when all have been seen."""
        choices = self._problem.choices
        around = population.neighbours(choices, choices.to_indices(here))
        around = around[torch.randperm(len(around), generator=self._generator)]
        drawn = population.sample(choices, RANDOM, self._generator)
        for _ in range(TRIES):
            for found in population.decode(choices, torch.cat([around, drawn])):
                if found not in self._seen:
                    return found
            around = around[:0]
            drawn = population.sample(choices, TRIES, self._generator)
        return None

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The best of what was seen."""
        return best_known(self._problem, list(self._seen), device, wishes)

    def state_dict(self) -> dict[str, Any]:
        """Where the walks are, what was seen, and the generator."""
        choices = self._problem.choices
        rows = {"seen": list(self._seen), "queue": self._queue, "walks": self._walks}
        return {
            **{name: population.encode(choices, found) for name, found in rows.items()},
            "turn": self._turn,
            "generator": self._generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Walk on."""
        choices = self._problem.choices
        self._seen = dict.fromkeys(population.decode(choices, state["seen"]))
        self._queue = population.decode(choices, state["queue"])
        self._walks = population.decode(choices, state["walks"])
        self._turn = state["turn"]
        self._generator.set_state(state["generator"])

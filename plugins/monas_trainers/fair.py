"""Strict fairness: every option of a layer is trained once before any is trained twice.

Chu et al., "FairNAS: Rethinking Evaluation Fairness of Weight Sharing Neural Architecture
Search", arXiv 1907.01845; LightNAS (arXiv 2208.14446) warms its single-path supernet up so.

Deviation: one update per network and not one per round of networks, at the same number of
passes; options of a choice that is switched off wait for a network in which it is on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from monas_core.parts.context import Context
from monas_core.parts.space import WarmUp
from monas_core.parts.trainer import Trainer, TrainingReport
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_trainers.lessons import Lessons


class Queues:
    """Options that wait for their turn, choice by choice, in random order.

    Args:
        choices: Of the space.
        generator: Shuffles.

    Attributes:
        waiting: Options left of the round of each choice.
    """

    def __init__(self, choices: ChoiceSet, generator: torch.Generator) -> None:
        self.choices, self._generator = choices, generator
        self.waiting: list[list[int]] = [[] for _ in choices.sizes]

    def next(self) -> Architecture:
        """An architecture of those whose turn it is; a choice that is off keeps its queue."""
        answers: list[int] = []
        for place, size in enumerate(self.choices.sizes):
            if not self.choices.active_upto([*answers, 0])[place]:
                answers.append(0)
                continue
            if not self.waiting[place]:
                self.waiting[place] = torch.randperm(size, generator=self._generator).tolist()
            answers.append(self.waiting[place].pop())
        return self.choices.from_indices(answers)


class Fair(Trainer):
    """Takes a fixed number of steps, one subnet each."""

    def start(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        """Prepare to train the supernet of a context."""
        self._lessons = Lessons(context, settings, generator)
        self._queues = Queues(context.space.choices, generator)

    @property
    def steps(self) -> int:
        """Steps to take."""
        return self._lessons.steps

    @property
    def done(self) -> int:
        """Steps taken."""
        return self._lessons.done

    def step(self) -> TrainingReport:
        """Train the next subnet on a fresh batch."""
        return self._lessons.teach(lambda: ("fair", self._queues.next()))

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers, position, generator, and the options that wait."""
        return {**self._lessons.state_dict(), "waiting": self._queues.waiting}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._lessons.load_state_dict(state)
        self._queues.waiting = [list(options) for options in state["waiting"]]

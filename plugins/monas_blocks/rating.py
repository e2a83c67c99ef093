"""Rating of a network: how far each of its blocks stays from a teacher's features, summed.

Li et al., CVPR 2020 (arXiv 1911.13053), section 3.3: a block's mean absolute error, divided by
the deviation of the teacher's features, with norms by the statistics of the batch. The sum over
blocks orders networks; a block's share depends on its own path alone and is computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import attrs
import torch
from torch import Tensor

from monas_blocks.narrowing import Narrowed
from monas_blocks.options import RatingOptions
from monas_blocks.supervision import aligned, batch_statistics, blocks_of, entering
from monas_core.parts.calibration import versions
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.task import Part, Task
from monas_core.seeding import derived_generator
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.value import Direction, Split, Value

_PART: dict[Split, Part] = {"search": "search", "final": "test"}
_LEAST = 1e-8

Shown = list[tuple[list[Any], list[Tensor]]]
"""By batch: what each block is given, and what is wanted of it."""


@attrs.define
class _Known:
    """What holds as long as weights stay as they are."""

    weights: Any = None
    shown: dict[Split, Shown] = attrs.field(factory=dict)
    shares: dict[tuple[Split, str, tuple[Any, ...]], float] = attrs.field(factory=dict)


class Rating(Objective):
    """Sum over blocks of the relative error of their features; small is good.

    Args:
        task: Not needed.
        options: See ``RatingOptions``.
    """

    name: ClassVar[str] = "rating"
    short: ClassVar[str] = "rating"
    unit: str = "sd"
    direction: Direction = "min"
    query: ClassVar[bool] = True
    stands_in: ClassVar[bool] = True

    def __init__(self, task: Task | None = None, options: RatingOptions | None = None) -> None:
        super().__init__(task)
        self._options = options or RatingOptions()
        self._known = _Known()

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """One pass through every block whose path was not judged before."""
        weights = (id(context.supernet), versions(context.require_supernet()))
        if weights != self._known.weights:
            self._known = _Known(weights)
        if split not in self._known.shown:
            self._known.shown[split] = self._batches(context, split)
        found: list[Value] = []
        for architecture in architectures:
            shares = [
                self._share(context, architecture, split, place)
                for place in range(len(blocks_of(context).blocks))
            ]
            found.append(Value(sum(shares), self.unit, "measured"))
        return found

    def _batches(self, context: Context, split: Split) -> Shown:
        task, teacher = context.require_task(), Narrowed(context)
        generator, found = derived_generator(0, "rating", split), []
        for _ in range(self._options.batches):
            batch = task.batch(_PART[split], self._options.batch, generator)
            inputs = batch.to(context.torch_device).inputs
            features = teacher.features(inputs)
            found.append((entering(inputs, features), features))
        return found

    def _share(
        self, context: Context, architecture: Architecture, split: Split, place: int
    ) -> float:
        blocks = blocks_of(context)
        name = blocks.blocks[place]
        path = path_of(context.space.choices, blocks.blocks, name, architecture)
        shares = self._known.shares
        if (split, name, path) not in shares:
            errors: list[Tensor] = []
            with batch_statistics(context.require_supernet()):
                for given, features in self._known.shown[split]:
                    wanted = features[place]
                    own = blocks.run_block(name, given[place], architecture)
                    apart = (aligned(own, wanted, name) - wanted).abs().mean()
                    errors.append(apart / wanted.std().clamp_min(_LEAST))
            shares[split, name, path] = float(torch.stack(errors).mean())
        return shares[split, name, path]


def path_of(
    choices: ChoiceSet, blocks: Sequence[str], name: str, architecture: Architecture
) -> tuple[Any, ...]:
    """Answers that a block depends on: its own, and those that belong to no block."""
    others = {index for block in blocks if block != name for index in choices.block(block)}
    answers = architecture.answers
    return tuple(answers[index][1] for index in range(len(choices)) if index not in others)

"""Scores of subnets with shared weights: one pass over the data, however many are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Part, Task, placed
from monas_core.values.architecture import Architecture

if TYPE_CHECKING:
    from torch import nn


class Passes:
    """Remembers the scores of passes while the shared weights stay as they are."""

    def __init__(self) -> None:
        self._weights: tuple[object, ...] = ()
        self._known: dict[tuple[Architecture, Part], Mapping[str, float]] = {}

    def scores(
        self,
        task: Task,
        supernet: Supernet,
        architecture: Architecture,
        part: Part,
        place: torch.device,
    ) -> Mapping[str, float]:
        """All scores of a subnet on the evaluation data of a part."""
        weights = _state_of(supernet)
        if weights != self._weights:
            self._weights = weights
            self._known.clear()
        if (architecture, part) not in self._known:
            self._known[architecture, part] = _passed(task, supernet, architecture, part, place)
        return self._known[architecture, part]


def _state_of(network: nn.Module) -> tuple[object, ...]:
    """Differs once a weight was written to, by a step or by loading."""
    return tuple((id(p), p._version) for p in network.parameters())


def _passed(
    task: Task, supernet: Supernet, architecture: Architecture, part: Part, place: torch.device
) -> Mapping[str, float]:
    def model(inputs: Any) -> Any:
        return supernet(placed(inputs, place), architecture)

    was_training = supernet.training
    supernet.eval()
    try:
        with torch.no_grad():
            return dict(task.evaluate(model, part))
    finally:
        supernet.train(was_training)

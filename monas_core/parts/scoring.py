"""Scores of subnets with shared weights: one pass over the data, however many are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import torch

from monas_core.errors import Diverged
from monas_core.parts.soundness import check_outputs
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Model, Part, Task, placed
from monas_core.values.architecture import Architecture

if TYPE_CHECKING:
    from torch import nn


class Passes:
    """Remembers the scores of passes while the shared weights stay as they are."""

    def __init__(self) -> None:
        self._weights: tuple[object, ...] = ()
        self._known: dict[tuple[Architecture, Part], Mapping[str, float]] = {}
        self._alone: dict[tuple[Architecture, Part], Mapping[str, float]] = {}

    def scores(
        self,
        task: Task,
        supernet: Supernet,
        architecture: Architecture,
        part: Part,
    ) -> Mapping[str, float]:
        """All scores of a subnet on the evaluation data of a part."""
        weights = weights_state(supernet)
        if weights != self._weights:
            self._weights = weights
            self._known.clear()
        if (architecture, part) not in self._known:
            self._known[architecture, part] = _passed(
                task, supernet, part, architecture, architecture
            )
        return self._known[architecture, part]

    def missing(
        self, supernet: Supernet, architectures: Iterable[Architecture], part: Part
    ) -> list[Architecture]:
        """Those that have no scores with the weights as they are."""
        if weights_state(supernet) != self._weights:
            return list(architectures)
        return [a for a in architectures if (a, part) not in self._known]

    def learn(
        self, supernet: Supernet, part: Part, found: Mapping[Architecture, Mapping[str, float]]
    ) -> None:
        """Take over what other processes found with the weights as they are."""
        weights = weights_state(supernet)
        if weights != self._weights:
            self._weights = weights
            self._known.clear()
        self._known |= {(architecture, part): told for architecture, told in found.items()}

    def alone(
        self,
        task: Task,
        made: Callable[[], nn.Module],
        architecture: Architecture,
        part: Part,
    ) -> Mapping[str, float]:
        """All scores of a network with weights of its own, which stay as they are."""
        if (architecture, part) not in self._alone:
            self._alone[architecture, part] = _passed(task, made(), part, architecture)
        return self._alone[architecture, part]


def weights_state(network: nn.Module) -> tuple[object, ...]:
    """Differs once a weight was written to, by a step or by loading."""
    return tuple((id(p), p._version) for p in network.parameters())


def _passed(
    task: Task, network: nn.Module, part: Part, architecture: Architecture, *which: Architecture
) -> Mapping[str, float]:
    """Scores of the network of an architecture, or of a supernet that is told which."""
    place = next(network.parameters()).device

    def model(inputs: Any) -> Any:
        return network(placed(inputs, place), *which)

    was_training = network.training
    network.eval()
    try:
        return judged(task, model, part, f"Architecture {architecture.key}")
    finally:
        network.train(was_training)


def score_of(task: Task, network: nn.Module, place: torch.device) -> dict[str, float]:
    """All scores of a standalone network on data that neither training nor search has seen.

    Raises:
        Diverged: It answers with numbers that are not finite.
    """
    network.eval()
    return judged(task, lambda inputs: network(placed(inputs, place)), "test", "The network")


def judged(task: Task, model: Model, part: Part, who: str) -> dict[str, float]:
    """All scores of a network on a part of the data.

    Args:
        task: Judges.
        model: From inputs to outputs, in evaluation mode.
        part: Of the data.
        who: Whose scores, the beginning of a sentence.

    Raises:
        Diverged: Outputs or the headline score are not finite. Of classes with scores that are
            no numbers the first would be taken, and the score would look like one.
    """

    def checked(inputs: Any) -> Any:
        outputs = model(inputs)
        check_outputs(outputs, who)
        return outputs

    with torch.no_grad():
        found = dict(task.evaluate(checked, part))
    headline = found.get(task.score.name, 0.0)
    if not math.isfinite(headline):
        raise Diverged(
            f"{who} has no {task.score.name} on part {part}: it is {headline}, no finite number; "
            "its weights may have diverged: train with a smaller learning rate."
        )
    return found

"""What a network is for: data in parts that never overlap, a loss, a score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import attrs
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from monas_core.parts.usage import Usage
from monas_core.values.data import DataRecord
from monas_core.values.value import Direction

Part = Literal["train", "search", "test"]
"""``train`` fits weights, ``search`` judges during the search, ``test`` is for the end."""

CONSTANT = "constant output"
"""A companion of ``evaluate`` by this name is 1 for a model that answers the same whatever it is
shown, as one whose last layer died does, else 0; a run warns of members that have it."""

Model = Callable[[Any], Any]
"""From a batch of inputs to outputs (logits); a module or a supernet bound to a subnet."""


@attrs.frozen
class Score:
    """Name, unit and direction of a task's headline score."""

    name: str
    unit: str
    direction: Direction


@attrs.frozen
class Batch:
    """Inputs and targets; the first dimension of every tensor is the sample."""

    inputs: Any
    targets: Any

    def to(self, place: torch.device) -> Batch:
        """The same batch on a torch device."""
        return Batch(placed(self.inputs, place), placed(self.targets, place))


def placed(tree: Any, place: torch.device) -> Any:
    """A tensor, or a tree of them, on a torch device."""
    # to a GPU copies may overlap with what it computes; from there they may not
    overlaps = place.type == "cuda"
    return tree_map(lambda leaf: leaf.to(place, non_blocking=overlaps), tree)


class Task(ABC):
    """Data, loss and score.

    Attributes:
        name: As given on the command line.
        modality: What kind of network fits (``language-model``, ``classification``, ...);
            a space declares the modalities it can build for.
        score: The headline score of ``evaluate``.
        scores: Further scores of ``evaluate``, had on every part, that a search may ask for:
            ``acc:NAME``. One pass over the data gives them all.
        n_outputs: Vocabulary size or number of classes.
        item, items_per_sample: What throughput is counted in (64 tokens per sample, say).
        rehearsed: Whether a batch is to be tried before anything is written: a person's own
            code, of which nobody knows yet whether it works.
        ahead: Whether batches are prepared before they are asked for, which needs a generator
            that serves nothing else (``generator_of``).
    """

    rehearsed: ClassVar[bool] = False
    ahead: bool = False
    item: ClassVar[str] = "sample"
    items_per_sample: int = 1

    name: str
    modality: ClassVar[str]
    score: Score
    scores: tuple[Score, ...] = ()
    n_outputs: int

    @abstractmethod
    def describe(self) -> Mapping[str, Any]:
        """Facts for ``monas info``: source, size and split (plain values)."""

    def record(self) -> DataRecord:
        """What a run is to remember of the data, so that it can name them, find them again and say
        what has changed; nothing where a task does not tell."""
        return DataRecord()

    @abstractmethod
    def batch(self, part: Part, size: int, generator: Any) -> Batch:
        """A random batch of ``size`` samples, drawn from the given torch generator."""

    @abstractmethod
    def loss(self, outputs: Any, targets: Any) -> Tensor:
        """Loss of each sample, ``(B,)``, differentiable."""

    @abstractmethod
    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """Headline score and companions of a model on the fixed evaluation data of a part.

        The same data every time, so that two architectures can be compared.
        """

    @abstractmethod
    def example(self, batch: int) -> Any:
        """Inputs of the shape a deployed model receives, for cost tracing and timing."""

    def usage(self) -> Usage | None:
        """What a stranger needs to use a network of this task; shipped with every export.

        Without it an exported network is accompanied by a worked example that takes
        arrays.
        """
        return None


def generator_of(task: Task, generator: torch.Generator) -> torch.Generator:
    """The generator to draw a task's batches from, where another one serves other draws, too.

    The same one, unless batches are prepared ahead: then one of their own, seeded by it, so that
    the order of the data depends on the seed and the step alone.
    """
    if not task.ahead:
        return generator
    seed = int(torch.randint(2**62, (), generator=generator))
    return torch.Generator().manual_seed(seed)

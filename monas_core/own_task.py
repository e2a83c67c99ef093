"""A person's own data and loss as a task, from Python.

Example:
    >>> task = OwnTask("shapes", train=a, search=b, test=c, loss=loss, n_outputs=4)
    >>> run = monas.search("mobilenetv3", task=task, objectives=["acc", "lat"])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import attrs
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves
from torch.utils.data import default_collate

from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.errors import UsageError
from monas_core.parts.task import Batch, Model, Part, Score, Task, placed

_BATCH = 64
_JUDGED = 2048
"""Most samples of a part that a network is judged on."""


class Samples(Protocol):
    """What ``torch.utils.data.Dataset`` with a length is: ``(input, target)`` by number."""

    def __len__(self) -> int:
        """Number of samples."""
        ...

    def __getitem__(self, index: int, /) -> Any:
        """A pair of input and target, each a tensor, a number or a tree of them."""
        ...


LossFunction = Callable[[Any, Any], Tensor]
"""From outputs and targets of a batch to the loss of each sample, ``(B, ...)``."""


class OwnTask(Task):
    """Three datasets that share no sample, and a loss.

    Args:
        name: Of the task.
        train: Fits weights.
        search: Judges during the search.
        test: For the end.
        loss: Per sample: ``functools.partial(F.cross_entropy, reduction="none")``.
        n_outputs: Number of classes, or of whatever the networks answer.
        modality: What kind of networks fit; a space names those it builds.
        score: What quality is called; the mean loss where no ``judge`` is given.
        judge: As ``loss``, but for the score: ``(B, ...)``, of each sample.

    Raises:
        UsageError: A dataset is empty, or does not give pairs.
    """

    def __init__(
        self,
        name: str,
        *,
        train: Samples,
        search: Samples,
        test: Samples,
        loss: LossFunction,
        n_outputs: int,
        modality: str = "image-classification",
        score: Score | None = None,
        judge: LossFunction | None = None,
    ) -> None:
        if not name or ":" in name:
            raise UsageError(f'A task needs a name without ":", got "{name}".')
        self.name = name
        self.modality = modality  # pyright: ignore[reportAttributeAccessIssue]
        self.n_outputs = n_outputs
        self.score = score or Score("loss", "", "min")
        self._parts: dict[Part, Samples] = {"train": train, "search": search, "test": test}
        self._loss = loss
        self._judge = judge or loss
        for part, samples in self._parts.items():
            if len(samples) == 0:
                raise UsageError(f'Part "{part}" of task "{name}" is empty; give it samples.')
            first = samples[0]
            if not isinstance(first, tuple | list) or len(first) != 2:
                raise UsageError(
                    f'Part "{part}" of task "{name}" must give pairs (input, target), got a '
                    f"{type(first).__name__}."
                )

    def describe(self) -> Mapping[str, Any]:
        """Samples of each part."""
        return {"samples": {part: len(samples) for part, samples in self._parts.items()}}

    def batch(self, part: Part, size: int, generator: Any) -> Batch:
        """Samples drawn with replacement."""
        drawn = torch.randint(len(self._parts[part]), (size,), generator=generator)
        return self._collated(part, drawn.tolist())

    def _collated(self, part: Part, numbers: list[int]) -> Batch:
        inputs, targets = default_collate([tuple(self._parts[part][i]) for i in numbers])
        return Batch(inputs, targets)

    def loss(self, outputs: Any, targets: Any) -> Tensor:
        """Loss of each sample, ``(B,)``; what a function gives beyond that is averaged.

        Raises:
            UsageError: The function averages over the batch.
        """
        return self._per_sample(self._loss, outputs, targets)

    def _per_sample(self, function: LossFunction, outputs: Any, targets: Any) -> Tensor:
        values = function(outputs, targets)
        size = len(tree_leaves(targets)[0])
        if values.dim() == 0 or len(values) != size:
            raise UsageError(
                f'The loss of task "{self.name}" must give one value per sample, shape '
                f'({size}, ...), got {tuple(values.shape)}; set reduction="none".'
            )
        return values.flatten(1).mean(1) if values.dim() > 1 else values

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """Mean score on the samples of a part, at most the first 2048."""
        count = min(_JUDGED, len(self._parts[part]))
        total = 0.0
        with torch.no_grad():
            for begin in range(0, count, _BATCH):
                batch = self._collated(part, list(range(begin, min(begin + _BATCH, count))))
                outputs = model(batch.inputs)
                place = tree_leaves(outputs)[0].device
                values = self._per_sample(self._judge, outputs, placed(batch.targets, place))
                total += float(values.double().sum())
        return {self.score.name: total / count}

    def example(self, batch: int) -> Any:
        """The first training sample, repeated."""
        return self._collated("train", [0] * batch).inputs


def with_task(catalog: Catalog, task: Task) -> Catalog:
    """A catalog that knows one more task, by the name it has.

    Raises:
        UsageError: A task of this name is installed.
    """
    if any(task.name in (e.name, *e.spec.aliases) for e in catalog.entries("task")):
        raise UsageError(f'A task "{task.name}" is installed already; give yours another name.')
    spec = Spec(
        name=task.name,
        summary="A task of this program.",
        factory=f"{__name__}:_given",
        settings={"task": task},
    )
    own = Entry("task", spec, "this program", "")
    found = catalog.discovery
    return Catalog(attrs.evolve(found, entries=(*found.entries, own)))


def _given(task: Task, argument: str | None = None) -> Task:
    """The task itself. Raises UsageError for ``NAME:ARGUMENT``."""
    if argument is not None:
        raise UsageError(f'Task "{task.name}" takes no argument, got "{argument}".')
    return task

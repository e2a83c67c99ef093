"""A person's own data and loss as a task, from Python.

Example:
    >>> task = OwnTask("shapes", train=a, search=b, test=c, loss=loss, n_outputs=4)
    >>> run = monas.search("mobilenetv3", task=task, objectives=["acc", "lat"])
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves
from torch.utils.data import TensorDataset, default_collate

from monas_core.errors import MonasError, UsageError
from monas_core.parts.task import Batch, Model, Part, Score, Task, placed
from monas_core.values.data import DataRecord, Item, Source

_BATCH = 64
_JUDGED = 2048
"""Most samples of a part that a network is judged on."""
_MARKED = 256
"""Samples of a part, evenly spread, that its digest is of."""
_FOREIGN = ("/site-packages/", "/dist-packages/", "/monas_core/", "<frozen", "/lib/python")


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
        train: Fits weights: a dataset, or a pair of tensors, inputs and targets.
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

    rehearsed: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        *,
        train: Samples | Sequence[Tensor],
        search: Samples | Sequence[Tensor],
        test: Samples | Sequence[Tensor],
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
        given = {"train": train, "search": search, "test": test}
        self._loss = loss
        self._judge = judge or loss
        self._sources: tuple[Source, ...] = ()
        self._parts: dict[Part, Samples] = {
            "train": self._samples("train", given["train"]),
            "search": self._samples("search", given["search"]),
            "test": self._samples("test", given["test"]),
        }
        self._check_alike()

    def _samples(self, part: Part, given: Samples | Sequence[Tensor]) -> Samples:
        """A part as samples by number. Raises UsageError for what it cannot be."""
        samples: Any = given
        if isinstance(given, tuple | list) and any(isinstance(x, Tensor) for x in given):
            sizes = [len(x) if isinstance(x, Tensor) and x.dim() else 0 for x in given]
            if len(given) != 2 or sizes[0] != sizes[1]:
                raise UsageError(
                    f'Part "{part}" of task "{self.name}" must be two tensors of one length, '
                    f"inputs and targets, got lengths {sizes}."
                )
            samples = TensorDataset(*given)
        if len(samples) == 0:
            raise UsageError(f'Part "{part}" of task "{self.name}" is empty; give it samples.')
        with explained(f'sample 0 of part "{part}" of task "{self.name}"'):
            first = samples[0]
        if not isinstance(first, tuple | list) or len(first) != 2:
            raise UsageError(
                f'Part "{part}" of task "{self.name}" must give pairs (input, target), got a '
                f"{type(first).__name__}."
            )
        return samples

    def _check_alike(self) -> None:
        """Samples of all parts have one form. Raises UsageError."""
        forms = {part: _form(self._collated(part, [0])) for part in self._parts}
        odd = next((part for part in forms if forms[part] != forms["train"]), None)
        if odd is not None:
            raise UsageError(
                f'Part "{odd}" of task "{self.name}" gives {forms[odd]}, part "train" gives '
                f"{forms['train']}; all parts must have samples of one form."
            )

    def describe(self) -> Mapping[str, Any]:
        """Samples of each part, and their form."""
        return {
            "samples": {part: len(samples) for part, samples in self._parts.items()},
            "form": _form(self._collated("train", [0])),
            "modality": self.modality,
        }

    def record(self) -> DataRecord:
        """Samples of each part by digest, and the file it was written in, if it was."""
        parts = {part: len(samples) for part, samples in self._parts.items()}
        items = {part: Item(self._digest(part), parts[part]) for part in self._parts}
        source = Source("", "", "part", items)
        return DataRecord(sources=(*self._sources, source), parts=parts)

    def written_in(self, source: Source) -> None:
        """Remember the file that holds the task."""
        self._sources = (source,)

    def _digest(self, part: Part) -> str:
        count = len(self._parts[part])
        numbers = sorted({place * count // _MARKED for place in range(_MARKED)})
        found = hashlib.sha256(str(count).encode())
        for number in numbers:
            batch = self._collated(part, [number])
            for leaf in tree_leaves((batch.inputs, batch.targets)):
                found.update(leaf.contiguous().numpy().tobytes())
        return found.hexdigest()

    def batch(self, part: Part, size: int, generator: Any) -> Batch:
        """Samples drawn with replacement."""
        drawn = torch.randint(len(self._parts[part]), (size,), generator=generator)
        return self._collated(part, drawn.tolist())

    def _collated(self, part: Part, numbers: list[int]) -> Batch:
        with explained(f'part "{part}" of task "{self.name}"'):
            inputs, targets = default_collate([tuple(self._parts[part][i]) for i in numbers])
        return Batch(inputs, targets)

    def loss(self, outputs: Any, targets: Any) -> Tensor:
        """Loss of each sample, ``(B,)``; what a function gives beyond that is averaged.

        Raises:
            UsageError: The function averages over the batch.
        """
        return self._per_sample(self._loss, outputs, targets)

    def _per_sample(self, function: LossFunction, outputs: Any, targets: Any) -> Tensor:
        what = "judge" if function is self._judge and function is not self._loss else "loss"
        with explained(f'the {what} of task "{self.name}"'):
            values = function(outputs, targets)
        if not isinstance(values, Tensor):
            raise UsageError(
                f'The {what} of task "{self.name}" must give a tensor, got a '
                f"{type(values).__name__}."
            )
        size = len(tree_leaves(targets)[0])
        if values.dim() == 0 or len(values) != size:
            raise UsageError(
                f'The {what} of task "{self.name}" must give one value per sample, shape '
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


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn a fault in a person's own code into a sentence that names the line.

    Raises:
        UsageError: With the line.
    """
    try:
        yield
    except MonasError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise UsageError(
            f"{_place(error)}{what} fails: {type(error).__name__}: {reason}."
        ) from error


def _place(error: Exception) -> str:
    """File, line and text of the innermost line that a person wrote themselves."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{error.filename}, line {error.lineno}: "
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not any(part in Path(frame.filename).as_posix() for part in _FOREIGN):
            text = f' ("{frame.line}")' if frame.line else ""
            return f"{frame.filename}, line {frame.lineno}{text}: "
    return ""


def _form(batch: Batch) -> str:
    """Shapes and kinds of one sample's input and target, in words."""
    told = [
        f"{name} " + ", ".join(f"{_shape(x)} {str(x.dtype).removeprefix('torch.')}" for x in leaves)
        for name, leaves in (
            ("inputs", tree_leaves(batch.inputs)),
            ("targets", tree_leaves(batch.targets)),
        )
    ]
    return " and ".join(told)


def _shape(leaf: Tensor) -> str:
    return " x ".join(map(str, leaf.shape[1:])) or "single"

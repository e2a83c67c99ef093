"""The gradient of a batch, in pieces that fit into memory, over all processes that share in it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import attrs
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from monas_core.computing.engine import Engine
from monas_core.computing.precision import cast


class Samples(Protocol):
    """Inputs and targets; the first dimension of every tensor is the sample."""

    @property
    def inputs(self) -> Any:
        """What networks take."""
        ...

    @property
    def targets(self) -> Any:
        """What they shall answer."""
        ...


Losses = Callable[[Any], Mapping[str, Tensor]]
"""From a piece of a batch to named means over its samples, the last of which is minimised."""


def clear(parameters: Sequence[nn.Parameter]) -> None:
    """Take gradients away; a list is gone through sooner than the modules of a network."""
    for parameter in parameters:
        parameter.grad = None


def gradient(
    parameters: Sequence[nn.Parameter],
    batch: Samples,
    losses: Losses,
    engine: Engine,
    scaled: Callable[[Tensor], Tensor] | None = None,
) -> dict[str, float]:
    """Leave the gradient of a batch in parameters; the means of its losses.

    Where memory does not suffice, pieces are halved and the batch is begun again.

    Args:
        parameters: All of a network, in its order.
        batch: The same one in every process; each works off its share.
        losses: Of a piece.
        engine: How.
        scaled: Applied to what gradients are taken of.
    """
    total = _size(batch)
    own = part_of(batch, engine.ranks.share(total))
    while True:
        clear(parameters)
        piece = min(engine.micro_batch or total, _size(own))
        found = _within_memory(lambda n=piece: _added(own, n, total, losses, engine, scaled))
        if not engine.ranks.any(found is None):
            assert found is not None
            break
        clear(parameters)
        engine.halve(piece)
    if engine.ranks.count == 1:
        return found
    sums = torch.tensor(list(found.values()), dtype=torch.float64)
    engine.ranks.add([sums])
    engine.ranks.add([p.grad for p in parameters if p.grad is not None])
    return dict(zip(found, sums.tolist(), strict=True))


def _added(
    batch: Samples,
    piece: int,
    total: int,
    losses: Losses,
    engine: Engine,
    scaled: Callable[[Tensor], Tensor] | None,
) -> dict[str, float]:
    """Gradients of all pieces added up; their shares of the means over the whole batch."""
    sums: dict[str, float] = {}
    for part in _pieces(batch, piece):
        weight = _size(part) / total
        with cast(engine.recipe.precision, engine.place):
            told = losses(attrs.evolve(part, inputs=engine.placed(part.inputs),
                                       targets=engine.placed(part.targets)))  # fmt: skip
        loss = list(told.values())[-1]
        loss = loss if weight == 1 else weight * loss
        (scaled(loss) if scaled else loss).backward()
        for name, value in told.items():
            sums[name] = sums.get(name, 0.0) + weight * float(value.detach())
    return sums


def _within_memory(attempt: Callable[[], dict[str, float]]) -> dict[str, float] | None:
    """What it gives, or ``None`` where memory did not suffice."""
    try:
        return attempt()
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
    gc.collect()  # what the traceback held is free again
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None


def out_of_memory(error: BaseException) -> bool:
    """Whether memory was asked for that is not there; the CPU has no exception of its own."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return "DefaultCPUAllocator" in str(error) or "out of memory" in str(error).lower()


def _size(batch: Samples) -> int:
    return len(next(leaf for leaf in tree_leaves(batch.inputs) if isinstance(leaf, Tensor)))


def _pieces(batch: Samples, size: int) -> Iterator[Any]:
    total = _size(batch)
    if size >= total:
        yield batch
        return
    for start in range(0, total, size):
        yield part_of(batch, slice(start, start + size))


def part_of(batch: Samples, which: slice) -> Any:
    """Some samples of a batch."""
    total = _size(batch)
    if which.start in (0, None) and (which.stop is None or which.stop >= total):
        return batch

    def taken(leaf: Any) -> Any:
        return leaf[which] if isinstance(leaf, Tensor) else leaf

    inputs, targets = tree_map(taken, batch.inputs), tree_map(taken, batch.targets)
    return attrs.evolve(batch, inputs=inputs, targets=targets)  # pyright: ignore

"""Sizes of a sub-network, and the choices that lead to them; plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

import attrs

from monas_core.tracing.storage import FULL
from monas_core.values.architecture import Architecture, Choice, Condition
from monas_core.values.choices import ChoiceSet
from monas_hf.options import BITS

_SHARES = (0.25, 0.5, 0.75, 1.0)
_HIDDEN = (0.5, 0.75, 1.0)
_GRAIN = 16
"""Widths are multiples of this where the checkpoint's are: rows of weights fill registers."""


@attrs.frozen
class Layer:
    """Sizes of one layer.

    Attributes:
        groups: Key-value heads.
        queries: Query heads per key-value head.
        mlp: Hidden units of the MLP.
        bits: That its matrices are kept in.
    """

    groups: int
    queries: int
    mlp: int
    bits: int = FULL


@attrs.frozen
class Shape:
    """Sizes of a network.

    Attributes:
        hidden: Width of the residual stream.
        layers: The most important first.
    """

    hidden: int
    layers: tuple[Layer, ...]


def choice_set(whole: Shape, preset: str, *, hidden: bool, bits: Sequence[int] = ()) -> ChoiceSet:
    """The choices of a preset.

    Args:
        whole: The checkpoint.
        preset: ``depth``, ``width`` or ``all``.
        hidden: Whether the residual stream may be narrower.
        bits: That matrices of layers may be kept in, besides full precision.
    """
    depth, first = len(whole.layers), whole.layers[0]
    choices: list[Choice] = []
    if preset == "all" and hidden:
        choices.append(Choice("hidden", _parts(whole.hidden, _HIDDEN, _GRAIN), ordered=True))
    if preset != "width":
        choices.append(Choice("n_layer", _depths(depth), ordered=True))
    if preset != "depth":
        kinds = {
            "groups": _parts(first.groups, _SHARES, 1),
            "queries": _parts(first.queries, _SHARES, 1),
            "mlp": _parts(first.mlp, _SHARES, _GRAIN),
        }
        for rank in range(depth):
            deeper = tuple(n for n in _depths(depth) if n > rank)
            # what every depth includes is always there and needs no condition
            always = preset == "width" or deeper == _depths(depth)
            condition = None if always else Condition("n_layer", deeper)
            choices += [
                Choice(f"{kind}_{rank}", options, condition, ordered=True, group=f"layer {rank}")
                for kind, options in kinds.items()
                if len(options) > 1
            ]
    if bits:
        choices += _precisions(depth, bits, fixed=preset == "width")
    return ChoiceSet("hf", 1, choices)


def _precisions(depth: int, bits: Sequence[int], *, fixed: bool) -> Iterator[Choice]:
    """One choice for each group of neighbours in the order of importance."""
    options = (*(f"int{number}" for number in bits), "float32")
    for group in sorted(set(_groups(depth))):
        first = _groups(depth).index(group)
        deeper = tuple(n for n in _depths(depth) if n > first)
        always = fixed or deeper == _depths(depth)
        condition = None if always else Condition("n_layer", deeper)
        yield Choice(f"precision_{group}", options, condition, ordered=True)


def _groups(depth: int) -> list[int]:
    """Group of each layer: up to four, of neighbours in the order of importance."""
    return [rank * min(depth, 4) // depth for rank in range(depth)]


def shape_of(architecture: Architecture, whole: Shape) -> Shape:
    """The sizes an architecture stands for."""
    answers = architecture.choices
    groups = _groups(len(whole.layers))
    depth = _size(answers, "n_layer", len(whole.layers))
    layers = [
        Layer(
            groups=_size(answers, f"groups_{rank}", layer.groups),
            queries=_size(answers, f"queries_{rank}", layer.queries),
            mlp=_size(answers, f"mlp_{rank}", layer.mlp),
            bits=BITS.get(str(answers.get(f"precision_{groups[rank]}")), FULL),
        )
        for rank, layer in enumerate(whole.layers[:depth])
    ]
    return Shape(_size(answers, "hidden", whole.hidden), tuple(layers))


def _size(answers: Mapping[str, object], name: str, otherwise: int) -> int:
    return cast("int", answers.get(name, otherwise))


def _depths(depth: int) -> tuple[int, ...]:
    """A third of the layers and more; all of these numbers, or about eight of them."""
    least = max(1, depth // 3)
    step = max(1, -(-(depth - least) // 8))
    return tuple(sorted({depth, *range(least, depth + 1, step)}))


def _parts(size: int, shares: Iterable[float], grain: int) -> tuple[int, ...]:
    """Shares of a size, rounded up to the grain where the size is a multiple of it."""
    grain = grain if size % grain == 0 else 1
    counts = (grain * -(-max(1, round(size * share)) // grain) for share in shares)
    return tuple(sorted({min(size, count) for count in counts}))


def equal_layers(layers: Sequence[Layer]) -> bool:
    """Whether all layers have one size, as stock classes want it."""
    return len({attrs.evolve(layer, bits=FULL) for layer in layers}) == 1


def widest(layers: Sequence[Layer]) -> Layer:
    """The sizes that every layer can be filled up to."""
    return Layer(
        groups=max(layer.groups for layer in layers),
        queries=max(layer.queries for layer in layers),
        mlp=max(layer.mlp for layer in layers),
    )

"""Every path of every block, as architectures that differ from a base in one block alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product

import attrs
import torch
from torch import Tensor

from monas_core.values import population
from monas_core.values.choices import ChoiceSet


@attrs.frozen(eq=False)
class Setting:
    """Architectures with the same answers to the choices that belong to no block.

    Attributes:
        base: A row, ``(C,)``.
        paths: By block, rows ``(n, C)`` that differ from the base in that block, the base first.
    """

    base: Tensor
    paths: tuple[Tensor, ...]


def settings(
    choices: ChoiceSet,
    blocks: Sequence[str],
    ends: Tensor,
    most: tuple[int, int],
    generator: torch.Generator,
) -> list[Setting]:
    """All settings with all paths, or as many as are allowed, at random.

    Args:
        choices: Of the space.
        blocks: Names.
        ends: Rows of the smallest and the largest network, ``(2, C)``.
        most: Settings, and paths of a block.
        generator: Leaves out.
    """
    inside = [choices.block(name) for name in blocks]
    owned = {index for group in inside for index in group}
    shared = [index for index in range(len(choices)) if index not in owned]
    largest = ends[1].tolist()
    found: list[Setting] = []
    for base in _answers(choices, largest, shared, ends, most[0], generator):
        row = base.tolist()
        groups = (_answers(choices, row, group, base[None], most[1], generator) for group in inside)
        paths = [torch.cat([base[None], rows[(rows != base).any(dim=1)]]) for rows in groups]
        found.append(Setting(base, tuple(paths)))
    return found


def _answers(
    choices: ChoiceSet,
    row: list[int],
    places: Sequence[int],
    kept: Tensor,
    most: int,
    generator: torch.Generator,
) -> Tensor:
    """The row with every combination of answers at some places, distinct ``(n, C)``.

    Where there are more than ``most``, a random part of them; those whose answers ``kept`` has
    are not left out.
    """
    sizes = [choices.sizes[place] for place in places]
    total = 1
    for size in sizes:
        total *= size
    if total <= 8 * most:
        combinations: Iterator[tuple[int, ...]] = product(*map(range, sizes))
    else:
        drawn = (torch.randint(size, (8 * most,), generator=generator).tolist() for size in sizes)
        combinations = zip(*drawn, strict=True)
    first = [tuple(int(k[place]) for place in places) for k in kept]
    rows = []
    for answers in (*first, *islice(combinations, 8 * most)):
        changed = list(row)
        for place, answer in zip(places, answers, strict=True):
            changed[place] = answer
        rows.append(changed)
    found = population.unique_rows(population.canonical(choices, torch.tensor(rows)))
    if len(found) <= most:
        return found
    always = min(len(first), most)
    rest = torch.randperm(len(found) - always, generator=generator)[: most - always] + always
    return found[torch.cat([torch.arange(always), rest.sort().values])]

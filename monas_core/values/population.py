"""Random and batched operations on architectures, as index tensors.

A population is an int64 tensor ``(n, C)``: one option index per choice. All
functions return canonical populations (inactive choices at option 0) and draw
from the generator they are given, never from global state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet


def encode(choices: ChoiceSet, architectures: Iterable[Architecture]) -> Tensor:
    """Architectures to option indices, ``(n, C)`` int64."""
    rows = [choices.to_indices(architecture) for architecture in architectures]
    return torch.tensor(rows, dtype=torch.int64).reshape(len(rows), len(choices))


def decode(choices: ChoiceSet, population: Tensor) -> list[Architecture]:
    """Option indices ``(n, C)`` to architectures."""
    rows = canonical(choices, population.reshape(-1, len(choices)))
    return [choices.from_canonical(row) for row in rows.tolist()]


def activity(choices: ChoiceSet, population: Tensor) -> Tensor:
    """Which choices are active, ``(n, C)`` bool."""
    flags = torch.ones(population.shape, dtype=torch.bool)
    for index, link in enumerate(choices.parents):
        if link is not None:
            on = torch.isin(population[:, link[0]], torch.tensor(link[1]))
            flags[:, index] = flags[:, link[0]] & on
    return flags


def canonical(choices: ChoiceSet, population: Tensor) -> Tensor:
    """Set every inactive choice to its first option."""
    return torch.where(activity(choices, population), population, 0)


def sample(choices: ChoiceSet, count: int, generator: torch.Generator) -> Tensor:
    """Draw every choice uniformly and independently; ``(count, C)``.

    Uniform over answers, not over architectures: each depth is as likely as
    the next, although deeper networks have more variants.
    """
    return canonical(choices, sample_raw(choices, count, generator))


def sample_distinct(choices: ChoiceSet, count: int, generator: torch.Generator) -> Tensor:
    """Up to ``count`` different architectures (fewer only if the space is nearly exhausted)."""
    found: dict[tuple[int, ...], None] = {}
    for _ in range(20):
        drawn = sample(choices, max(count, 8), generator)
        if found and len(found) == choices.cardinality():
            continue  # nothing is left to be found; what a generator gives later stays the same
        for row in drawn.tolist():
            if len(found) < count:
                found.setdefault(tuple(row))
        if len(found) >= count:
            break
    return torch.tensor(list(found), dtype=torch.int64).reshape(len(found), len(choices))


def neighbours(choices: ChoiceSet, row: Sequence[int]) -> Tensor:
    """All architectures that differ in the answer to exactly one active choice, ``(n, C)``."""
    flags = choices.active(row)
    changed = [
        [*row[:index], option, *row[index + 1 :]]
        for index, size in enumerate(choices.sizes)
        if flags[index]
        for option in range(size)
        if option != row[index]
    ]
    return canonical(choices, torch.tensor(changed, dtype=torch.int64).reshape(-1, len(choices)))


def mutate(
    choices: ChoiceSet, population: Tensor, rate: float, generator: torch.Generator
) -> Tensor:
    """Redraw each answer with probability ``rate``."""
    fresh = sample_raw(choices, len(population), generator)
    hit = torch.rand(population.shape, generator=generator) < rate
    return canonical(choices, torch.where(hit, fresh, population))


def sample_raw(choices: ChoiceSet, count: int, generator: torch.Generator) -> Tensor:
    """As ``sample``, but with inactive choices drawn too (genes that may switch on later)."""
    columns = [torch.randint(size, (count,), generator=generator) for size in choices.sizes]
    return torch.stack(columns, dim=1)


def crossover(
    choices: ChoiceSet, first: Tensor, second: Tensor, generator: torch.Generator
) -> Tensor:
    """Uniform crossover: each answer from either parent with equal chance."""
    pick = torch.rand(first.shape, generator=generator) < 0.5
    return canonical(choices, torch.where(pick, first, second))


def unique_rows(population: Tensor) -> Tensor:
    """Distinct rows in order of first appearance."""
    seen = dict.fromkeys(map(tuple, population.tolist()))
    return torch.tensor(list(seen), dtype=torch.int64).reshape(len(seen), population.shape[1])


def corners(choices: ChoiceSet) -> Tensor:
    """The first-option and the last-option architecture: the two ends of an ordered space.

    Which networks are the ends a space says itself (``SearchSpace.ends``); these are its default.
    """
    last = [size - 1 for size in choices.sizes]
    return canonical(choices, torch.tensor([[0] * len(last), last]))


def reference_population(
    choices: ChoiceSet, count: int = 10, *, ends: Tensor | None = None
) -> Tensor:
    """The fixed reference set of a space: its two ends and a seeded draw between them.

    The same for every device and every machine, so hardware embeddings made
    from it can be compared. Raise the space's version to change it.

    Args:
        choices: Of the space.
        count: Rows.
        ends: ``(2, C)``; by default the architectures of the first and of the last options.
    """
    generator = torch.Generator().manual_seed(20_240_218)
    ends = corners(choices) if ends is None else ends
    drawn = unique_rows(torch.cat([ends, sample_distinct(choices, 4 * count, generator)]))
    return drawn[:count]

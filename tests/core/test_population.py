"""Batched operations on architectures."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from monas_core.testing.fakes import ToySpace
from monas_core.values import population
from monas_core.values.architecture import Choice, Condition
from monas_core.values.choices import ChoiceSet

SPACES = [
    ToySpace().choices,
    ToySpace.tiny().choices,
    ChoiceSet(
        "tree",
        1,
        (
            Choice("a", (0, 1, 2)),
            Choice("b", (0, 1), condition=Condition("a", (1, 2))),
            Choice("c", (0, 1, 2, 3), condition=Condition("b", (1,))),
            Choice("d", (0,)),
        ),
    ),
]
spaces = st.sampled_from(SPACES)
seeds = st.integers(0, 1000)


GOLDEN = [
    [1, 1, 2, 2, 0], [0, 0, 2, 0, 0], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0],
    [1, 2, 0, 0, 2], [1, 1, 2, 0, 0], [0, 1, 2, 1, 0], [0, 2, 0, 0, 2],
]  # fmt: skip
"""The reference set of the first space but for its ends."""


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(spaces, seeds)
def test_encode_inverts_decode(choices: ChoiceSet, seed: int) -> None:
    rows = population.sample(choices, 16, generator(seed))
    assert torch.equal(population.encode(choices, population.decode(choices, rows)), rows)


@given(spaces, seeds)
def test_batched_activity_equals_plain(choices: ChoiceSet, seed: int) -> None:
    rows = population.sample_raw(choices, 16, generator(seed))
    expected = [choices.active(row) for row in rows.tolist()]
    assert population.activity(choices, rows).tolist() == [list(flags) for flags in expected]


@given(spaces, seeds, st.sampled_from(["sample", "mutate", "crossover"]))
def test_results_are_canonical(choices: ChoiceSet, seed: int, operation: str) -> None:
    source = generator(seed)
    rows = population.sample(choices, 16, source)
    if operation == "mutate":
        rows = population.mutate(choices, rows, 0.5, source)
    elif operation == "crossover":
        rows = population.crossover(choices, rows, rows.flip(0), source)
    assert torch.equal(population.canonical(choices, rows), rows)
    assert torch.equal(population.encode(choices, population.decode(choices, rows)), rows)


def test_sampling_is_seeded_and_local() -> None:
    before = torch.get_rng_state()
    first, again, other = (population.sample(SPACES[0], 32, generator(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_sampling_reaches_every_option_equally() -> None:
    rows = population.sample_raw(SPACES[0], 6000, generator(0))
    for column, size in enumerate(SPACES[0].sizes):
        shares = torch.bincount(rows[:, column], minlength=size) / len(rows)
        assert shares.tolist() == pytest.approx([1 / size] * size, abs=0.03)


@given(spaces, st.integers(1, 100), seeds)
@settings(max_examples=25)
def test_distinct_sampling(choices: ChoiceSet, count: int, seed: int) -> None:
    rows = population.sample_distinct(choices, count, generator(seed))
    assert len({tuple(row) for row in rows.tolist()}) == len(rows) <= count
    if count <= choices.cardinality() / 3:
        assert len(rows) == count


@given(spaces, seeds)
def test_neighbours_differ_in_one_answer(choices: ChoiceSet, seed: int) -> None:
    (row,) = population.sample(choices, 1, generator(seed)).tolist()
    found = population.neighbours(choices, row)
    flags = choices.active(row)
    expected = sum(size - 1 for size, flag in zip(choices.sizes, flags, strict=True) if flag)
    assert len(found) == expected
    for other in found.tolist():
        # what a changed parent switches off falls back to its first option
        both = [
            a != b
            for a, b, was, now in zip(row, other, flags, choices.active(other), strict=True)
            if was and now
        ]
        assert sum(both) == 1


def test_mutation_rates() -> None:
    rows = population.sample(SPACES[0], 200, generator(0))
    assert torch.equal(population.mutate(SPACES[0], rows, 0.0, generator(1)), rows)
    changed = (population.mutate(SPACES[0], rows, 1.0, generator(1)) != rows).any(1)
    assert changed.float().mean() > 0.9


def test_crossover_takes_from_parents_only() -> None:
    first = torch.tensor([[0, 2, 0, 0, 0]]).expand(50, -1)
    second = torch.tensor([[1, 2, 2, 2, 2]]).expand(50, -1)
    children = population.crossover(SPACES[0], first, second, generator(0))
    assert set(children.flatten().tolist()) <= {0, 1, 2}
    assert ((children == first) | (children == second)).all()
    assert len({tuple(child) for child in children.tolist()}) > 5


def test_crossover_takes_as_much_from_either_parent() -> None:
    zeros, ones = torch.zeros(400, 5, dtype=torch.int64), torch.ones(400, 5, dtype=torch.int64)
    raw = population.crossover(SPACES[0], zeros, ones, generator(0))
    assert raw[:, :3].float().mean() == pytest.approx(0.5, abs=0.05)


def test_mutation_hits_the_asked_share_of_answers() -> None:
    rows = torch.zeros(4000, 5, dtype=torch.int64)
    changed = population.mutate(SPACES[0], rows, 0.2, generator(0)) != 0
    # a hit redraws uniformly: of two answers every second hit changes nothing
    assert changed[:, 0].float().mean() == pytest.approx(0.2 / 2, abs=0.02)
    assert changed[:, 1].float().mean() == pytest.approx(0.2 * 2 / 3, abs=0.02)


def test_unique_rows_keep_their_order() -> None:
    rows = torch.tensor([[2, 0], [1, 0], [2, 0], [0, 0]])
    assert population.unique_rows(rows).tolist() == [[2, 0], [1, 0], [0, 0]]
    assert population.unique_rows(rows[:0]).shape == (0, 2)


def test_corners_are_the_two_ends() -> None:
    first, last = population.decode(SPACES[0], population.corners(SPACES[0]))
    assert dict(first.choices) == {
        "activation": "relu",
        "depth": 1,
        "width_1": 4,
        "width_2": 4,
        "width_3": 4,
    }
    assert last["depth"] == 3
    assert last["width_3"] == 16


def test_reference_set_is_fixed() -> None:
    rows = population.reference_population(SPACES[0])
    assert torch.equal(rows, population.reference_population(SPACES[0]))
    assert rows[:2].tolist() == population.corners(SPACES[0]).tolist()
    # embeddings and stored measurements refer to exactly these: they stay for ever
    assert rows[2:].tolist() == GOLDEN
    assert len(population.unique_rows(rows)) == len(rows) == 10


def test_empty_populations_keep_their_width() -> None:
    assert population.encode(SPACES[0], []).shape == (0, 5)
    assert population.decode(SPACES[0], torch.empty(0, 5, dtype=torch.int64)) == []

"""Descriptions of cells against paths that are walked one by one."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from monas_core.values.cell import describe, live_operations, path_kinds

OPERATIONS = ("skip_connect", "none", "pool", "conv")
EDGES = [(source, target) for target in range(1, 4) for source in range(target)]
PATHS = [
    [EDGES.index(edge) for edge in itertools.pairwise((0, *middle, 3))]
    for length in range(3)
    for middle in itertools.combinations((1, 2), length)
]
CELLS = st.lists(st.sampled_from(range(4)), min_size=6, max_size=6)


def weights(*cells: list[int]) -> Tensor:
    return torch.nn.functional.one_hot(torch.tensor(cells), len(OPERATIONS)).double()


def live_paths(cell: list[int]) -> list[list[str]]:
    walked = [[OPERATIONS[cell[edge]] for edge in path] for path in PATHS]
    return [names for names in walked if "none" not in names]


@given(CELLS)
def test_kinds_are_counted_path_by_path(cell: list[int]) -> None:
    kinds = Counter((names.count("pool"), names.count("conv")) for names in live_paths(cell))
    every = sorted((pools, convs) for pools in range(4) for convs in range(4 - pools))
    found = path_kinds(weights(cell), EDGES, OPERATIONS)[0]
    assert found.tolist() == [kinds[kind] for kind in every]


@given(CELLS)
def test_an_edge_is_live_if_it_lies_on_a_path(cell: list[int]) -> None:
    paths = [path for path in PATHS if all(OPERATIONS[cell[edge]] != "none" for edge in path)]
    live = Counter(OPERATIONS[cell[edge]] for edge in set(itertools.chain(*paths)))
    found = live_operations(weights(cell), EDGES, OPERATIONS)[0]
    assert found.tolist() == [live["skip_connect"], live["pool"], live["conv"]]


def test_what_dead_edges_carry_does_not_matter() -> None:
    # nothing leads to node 1, and nothing leads on from it
    dead = [[1, 3, a, 3, b, 2] for a in range(4) for b in range(4)]
    found = describe(weights(*dead), EDGES, OPERATIONS)
    assert (found == found[0]).all()
    alive = describe(weights([3, 3, 2, 3, 2, 2]), EDGES, OPERATIONS)
    assert not torch.equal(alive, found[:1])


def test_exchanged_nodes_are_the_same_cell() -> None:
    one, other = [3, 2, 1, 0, 0, 2], [2, 3, 1, 0, 2, 0]
    found = describe(weights(one, other), EDGES, OPERATIONS)
    assert torch.equal(found[0], found[1])


def test_it_is_differentiable_between_cells() -> None:
    mixed = torch.softmax(torch.randn(2, 6, 4, dtype=torch.float64), dim=-1).requires_grad_()
    assert torch.autograd.gradcheck(lambda w: describe(w, EDGES, OPERATIONS), (mixed,))
    expected = [
        sum(
            float(mixed.detach()[0, path, list(picked)].prod())
            for path in PATHS
            for picked in itertools.product(range(4), repeat=len(path))
            if 1 not in picked and (picked.count(2), picked.count(3)) == kind
        )
        for kind in sorted((pools, convs) for pools in range(4) for convs in range(4 - pools))
    ]
    found = path_kinds(mixed, EDGES, OPERATIONS)[0].detach()
    assert found.tolist() == pytest.approx(expected)

"""Choosing sets of points for their hypervolume."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from monas_core.values.front import hypervolume
from monas_modnas.coverage import REFERENCE, cover, directions, layers, scores

ALONG = directions(4_000, 2, torch.Generator().manual_seed(0))


def volume(points: torch.Tensor) -> float:
    return hypervolume(points.double().numpy(), [REFERENCE] * points.shape[1])


@pytest.mark.parametrize("m", [1, 2, 3])
def test_the_mean_score_is_proportional_to_the_hypervolume(m: int) -> None:
    generator = torch.Generator().manual_seed(m)
    along = directions(40_000, m, generator)
    ratios = []
    for count in (1, 4, 12):
        points = torch.rand(count, m, generator=generator)
        ratios.append(float(scores(points, along).amax(1).mean()) / volume(points))
    assert max(ratios) / min(ratios) < 1.05


def test_greedy_cover_is_close_to_the_best_subset() -> None:
    points = torch.rand(9, 2, generator=torch.Generator().manual_seed(3))
    best = max(volume(points[list(chosen)]) for chosen in itertools.combinations(range(9), 3))
    assert volume(points[cover(points, 3, ALONG)]) >= 0.95 * best


def test_exchanges_only_add_hypervolume() -> None:
    gains = []
    for seed in range(5):
        generator = torch.Generator().manual_seed(seed)
        along = directions(4_000, 3, generator)
        points = torch.rand(400, 3, generator=generator) ** 0.3
        points = points / points.norm(dim=1, keepdim=True)  # all on the front
        greedy = cover(points, 12, along)
        better = layers(points, 12, along)
        assert len(set(better.tolist())) == 12
        before, after = (float(scores(points[s], along).amax(1).mean()) for s in (greedy, better))
        gains.append(after - before)
    assert min(gains) >= 0 < max(gains)


@given(st.integers(1, 30), st.integers(1, 12), st.integers(0, 10_000))
def test_layers_are_distinct_and_begin_with_the_cover(n: int, size: int, seed: int) -> None:
    points = torch.rand(n, 2, generator=torch.Generator().manual_seed(seed))
    chosen = layers(points, size, ALONG[:64]).tolist()
    first = cover(points, size, ALONG[:64]).tolist()
    assert chosen[: len(first)] == first or len(first) == size
    assert len(set(chosen)) == len(chosen) == min(size, n)


def test_points_beyond_the_reference_are_never_chosen() -> None:
    points = torch.tensor([[0.5, 0.5], [2.0, 0.0], [0.2, 3.0]])
    assert cover(points, 3, ALONG).tolist() == [0]
    assert layers(points, 3, ALONG).tolist() == [0]

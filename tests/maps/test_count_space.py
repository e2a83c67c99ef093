"""The space of encoder-decoders: paths are decoded as a whole."""

from __future__ import annotations

import itertools

import torch

from monas_core.values import population
from monas_core.values.relaxation import Relaxation
from monas_count.paths import best_path
from monas_count.space import CountSpace

SCALES = (4, 2, 1)


def connected(path):
    levels = [SCALES[place].bit_length() for place in path]
    return all(abs(a - b) <= 1 for a, b in itertools.pairwise(levels))


def test_the_best_connected_path_is_found():
    weights = torch.rand(40, 4, 3, generator=torch.Generator().manual_seed(0))
    weights /= weights.sum(-1, keepdim=True)
    paths = [p for p in itertools.product(range(3), repeat=4) if connected(p)]
    for row, found in zip(weights, best_path(weights, SCALES).tolist(), strict=True):
        assert connected(found)
        best = max(paths, key=lambda p: sum(row[i, s].log() for i, s in enumerate(p)))
        assert found == list(best)


def test_single_best_options_may_be_no_path():
    """What makes decoding more than the largest weight of each layer."""
    weights = torch.tensor([[[0.6, 0.4, 0.0], [0.0, 0.4, 0.6], [0.6, 0.4, 0.0], [0.5, 0.5, 0.0]]])
    assert not connected(weights.argmax(-1)[0].tolist())
    assert best_path(weights, SCALES)[0].tolist() in ([1, 1, 1, 0], [1, 1, 1, 1], [0, 1, 0, 0])


def test_paths_that_are_given_come_back():
    space = CountSpace()
    rows = population.sample(space.choices, 200, torch.Generator().manual_seed(0))
    assert torch.equal(space.discretise(Relaxation.from_population(space.choices, rows)), rows)


def test_both_levels_are_read_from_a_mixture():
    space = CountSpace()
    size = (20, len(space.choices), space.choices.max_options)
    logits = torch.randn(size, generator=torch.Generator().manual_seed(0))
    relaxation = Relaxation.from_logits(space.choices, logits)
    found, single = space.discretise(relaxation), relaxation.to_population()
    assert torch.equal(found[:, :4], single[:, :4])
    assert all(connected(row) for row in found[:, 4:].tolist())
    assert not torch.equal(found, single)

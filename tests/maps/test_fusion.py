"""Space fusion: supplied backbones, candidates, gates as sums; and the count of edges."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.values.relaxation import Relaxation
from monas_fusion.backbones import Edge, Feature, candidates, convolutions, features
from monas_fusion.edges import Edges
from monas_fusion.space import PRESETS, FusionSpace
from monas_multitask.loading import load
from monas_multitask.options import MultitaskOptions


@pytest.fixture(scope="module")
def task():
    return load(options=MultitaskOptions(pictures=16))


def test_vgg16_has_the_edges_of_the_paper():
    """24 for each direction: one resolution, not from a later layer, less than three apart."""
    known = features(convolutions(PRESETS["vgg16"].channels))
    found = candidates((known, known), 3)
    assert len(known) == 13
    assert [sum(edge.origin == side for edge in found) for side in (0, 1)] == [24, 24]
    for edge in found:
        assert known[edge.source].group == known[edge.target].group
        assert 0 <= edge.target - edge.source < 3
    assert Edge(1, 0, 2).name == "b1-a3"


def test_groups_follow_resolution():
    def pooled(inputs):
        return [nn.Conv2d(inputs, 4, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(4, 6, 1)]

    assert features(pooled) == [Feature(4, 0), Feature(4, 1), Feature(6, 1)]
    space = FusionSpace(backbones=(pooled, convolutions(((5,), (7,)))))
    names = {choice.name for choice in space.choices.choices}
    assert names == {"b1-a1", "b2-a2", "b2-a3", "a1-b1", "a2-b2"}


@pytest.mark.parametrize(
    "backbone",
    [lambda inputs: [], lambda inputs: [nn.Linear(3, 3)], lambda inputs: [nn.Flatten()]],
    ids=["none", "no maps", "flat"],
)
def test_backbones_that_are_none_are_refused(backbone):
    with pytest.raises(UsageError, match="backbone"):
        FusionSpace(backbones=(backbone, backbone))


def test_supplied_backbones_of_unlike_length_run(task):
    backbones = (convolutions(((4, 4), (6,))), convolutions(((5,), (8, 8, 8))))
    space = FusionSpace(backbones=backbones)
    inputs = task.example(2)
    for architecture in (space.ends().smallest, space.ends().largest):
        network = space.build(architecture, task)
        found = network(inputs)
        assert {n: tuple(x.shape) for n, x in found.items()} == {
            "seg": (2, 4, 16, 16),
            "normal": (2, 3, 16, 16),
        }
    supernet = space.supernet(task)
    with torch.no_grad():
        whole = supernet.extract(space.ends().largest)(inputs)
        mixed = supernet(inputs, Relaxation.from_architectures(space.choices, [architecture]))
    assert all(torch.allclose(whole[name], mixed[name], atol=1e-5) for name in whole)


def test_a_network_begins_almost_as_two(task):
    """Own features pass unchanged, those of the other come in at a tenth in all."""
    space = FusionSpace.tiny()
    network = space.supernet(task).network
    exchange = network.fusion[0]["1"]
    x = torch.randn(1, 4, 8, 8)
    closed = {name: torch.zeros(1) for name in exchange.others}
    others = dict.fromkeys(exchange.others, x)
    assert torch.allclose(exchange(x, others, closed), x, atol=1e-6)
    assert torch.allclose(exchange(x, others, None), 1.1 * x, atol=1e-5)


def test_no_edge_means_no_influence(task):
    space = FusionSpace.tiny()
    network = space.build(space.ends().smallest, task).eval()
    first = task.example(1)
    other = first.clone()
    other[:, 1] += 1.0
    with torch.no_grad():
        one, two = network(first), network(other)
    assert torch.equal(one["seg"], two["seg"])
    assert not torch.equal(one["normal"], two["normal"])


def test_tasks_of_other_heads_are_refused():
    from monas_core.testing.fakes import ToyTask

    space = FusionSpace.tiny()
    with pytest.raises(UsageError, match="0 heads"):
        space.build(space.ends().largest, ToyTask())


def test_edges_are_counted_and_expected():
    space = FusionSpace.tiny()
    context, objective = Context(space), Edges()
    ends = [space.ends().smallest, space.ends().largest]
    assert [value.value for value in objective.evaluate(ends, None, context)] == [0.0, 6.0]
    even = Relaxation.from_logits(space.choices, torch.zeros(1, 6, 2))
    assert objective.relaxed(even, [None], context).tolist() == [[3.0]]  # pyright: ignore

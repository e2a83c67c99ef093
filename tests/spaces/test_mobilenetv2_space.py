"""MobileNetV2 layers: the published space, skips, weights of each operation's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from monas_core.catalog.lookup import Catalog
from monas_core.tracing.workload import trace
from monas_core.values import population
from monas_mobilenetv2.model import MobileNetV2
from monas_mobilenetv2.space import MobileNetV2Space


class ImageNet:
    """As much of a task as building a network needs."""

    n_outputs = 1000

    def example(self, batch: int) -> Tensor:
        return torch.empty(batch, 3, 224, 224)


def parameters(space: MobileNetV2Space, operation: str) -> tuple[int, float]:
    """Weights, and millions of multiply-adds, of the same operation everywhere."""
    task: Any = ImageNet()
    answers = dict.fromkeys(space.choices.position, operation)
    with torch.device("meta"):
        network = space.build(space.choices.architecture(answers), task)
    workload = trace(network, task.example(1))
    return workload.parameters, workload.total_flops / 2e6


def test_the_published_space_is_as_large_as_its_authors_say() -> None:
    space = MobileNetV2Space("published")
    assert space.choices.cardinality() == 7**21
    few, least = parameters(space, "skip")
    usual, middle = parameters(space, "k3e6")
    many, most = parameters(space, "k7e6")
    assert few < usual < many
    assert least < middle < most
    # by hand: the 1 x 1 convolutions that remain of skipped layers, the fixed ones, the classifier
    ways = [(16, 24), (24, 32), (32, 64), (64, 96), (96, 160), (160, 320)]
    remains = sum(a * b + 2 * b for a, b in ways)
    fixed = 27 * 32 + 64 + 9 * 32 + 64 + 32 * 16 + 32 + 320 * 1280 + 2560 + 1280 * 1000 + 1000
    assert few == remains + fixed
    assert 250 < middle < 800  # MobileNetV2 has 300 in 17 layers


def test_skipped_layers_are_not_there() -> None:
    space = MobileNetV2Space()
    task = Catalog.installed().create("task", "digits")
    smallest, largest = space.ends().smallest, space.ends().largest
    # of those that change width or size a convolution remains
    assert len(space.build(smallest, task).layers) == len(space.sizes.stages)
    assert len(space.build(largest, task).layers) == len(space.choices)


def test_only_the_chosen_path_is_computed_and_learns() -> None:
    space = MobileNetV2Space.tiny()
    task = Catalog.installed().create("task", "digits")
    supernet = space.supernet(task)
    inputs = task.batch("search", 4, torch.Generator().manual_seed(0)).inputs
    chosen = space.choices.architecture({"op_1": "k3e3", "op_2": "skip", "op_3": "k5e6"})
    supernet(inputs, chosen).square().mean().backward()
    learnt = {name for name, p in supernet.network.named_parameters() if p.grad is not None}
    layers = {name.split(".")[1] for name in learnt if name.startswith("layers.")}
    assert layers == {"1_k3e3", "3_k5e6"}
    assert isinstance(supernet.network, nn.Module)


def test_every_small_network_has_its_weights() -> None:
    space = MobileNetV2Space()
    task = Catalog.installed().create("task", "digits")
    supernet = space.supernet(task).eval()
    inputs = task.batch("search", 2, torch.Generator().manual_seed(0)).inputs
    rows = population.sample_distinct(space.choices, 10, torch.Generator().manual_seed(1))
    with torch.no_grad():
        for architecture in population.decode(space.choices, rows):
            inside = supernet(inputs, architecture)
            assert torch.equal(supernet.extract(architecture)(inputs), inside)


@pytest.mark.parametrize("operation", ["k3e3", "k7e6"])
def test_a_layer_widens_and_looks_as_its_name_says(operation: str) -> None:
    space = MobileNetV2Space()
    task = Catalog.installed().create("task", "digits")
    answers = dict.fromkeys(space.choices.position, operation)
    network = space.build(space.choices.architecture(answers), task)
    assert isinstance(network, MobileNetV2)
    convolutions = [
        m for m in network.layers[f"2_{operation}"].modules() if isinstance(m, nn.Conv2d)
    ]
    widen, look, narrow = convolutions
    assert look.kernel_size[0] == int(operation[1])
    assert look.groups == widen.out_channels == int(operation[3]) * widen.in_channels
    assert narrow.out_channels == widen.in_channels  # a residual layer

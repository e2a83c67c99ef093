"""The shared weights: single path, exact mixture, statistics of batch norms, extraction."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_cells.nasbench201.model import CellNetwork
from monas_cells.nasbench201.sizes import OPERATIONS, edge_name, edges
from monas_cells.nasbench201.space import NASBench201Space
from monas_cells.nasbench201.strings import from_string
from monas_cells.supernet import CellSupernet
from monas_core.errors import UsageError
from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation


class RandomImages(Task):
    """An image task without images: noise."""

    name = "random-images"
    modality: ClassVar[str] = "image-classification"
    score = Score("accuracy", "%", "max")
    n_outputs = 7

    def describe(self) -> Mapping[str, Any]:
        return {}

    def batch(self, part: Part, size: int, generator: Any) -> Batch:
        targets = torch.randint(self.n_outputs, (size,), generator=generator)
        return Batch(torch.randn(size, 2, 8, 8, generator=generator), targets)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(outputs, targets, reduction="none")

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        return {"accuracy": 0.0}

    def example(self, batch: int) -> Tensor:
        return torch.zeros(batch, 2, 8, 8)


@pytest.fixture
def space() -> NASBench201Space:
    return NASBench201Space.tiny()


@pytest.fixture
def supernet(space: NASBench201Space) -> CellSupernet:
    """In double precision, with generic weights."""
    network = space.supernet(RandomImages()).double()
    for weight in network.parameters():
        nn.init.normal_(weight, std=0.5)
    return network


def images(count: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 2, 8, 8, generator=generator, dtype=torch.float64)


def relaxed(space: NASBench201Space, rows: int) -> Tensor:
    """Random mixtures (rows, C, K) that want gradients."""
    logits = torch.randn(rows, len(space.choices), len(OPERATIONS), dtype=torch.float64)
    return Relaxation.from_logits(space.choices, logits).weights.requires_grad_()


class Naive:
    """One group's mixture, from the formulas of the paper and the plain modules' weights.

    weights: (edges, operations); norms use statistics of the batch they see.
    """

    def __init__(self, network: CellNetwork, nodes: int, weights: Tensor) -> None:
        self.network = network
        self.nodes = nodes
        self.weights = weights

    def norm(self, layer: nn.BatchNorm2d, x: Tensor) -> Tensor:
        mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
        scaled = (x - mean[:, None, None]) / (variance[:, None, None] + layer.eps).sqrt()
        return scaled * layer.weight[:, None, None] + layer.bias[:, None, None]

    def conv_norm(self, block: Any, x: Tensor) -> Tensor:
        return self.norm(block.norm, block.conv(x.relu()))

    def operation(self, name: str, edge: Any, x: Tensor) -> Tensor:
        if name == "none":
            return torch.zeros_like(x)
        if name == "skip_connect":
            return x
        if name == "avg_pool_3x3":
            kernel = torch.ones(1, 1, 3, 3, dtype=x.dtype)
            count = F.conv2d(torch.ones_like(x[:1, :1]), kernel, padding=1)
            return F.conv2d(x.flatten(0, 1)[:, None], kernel, padding=1).view_as(x) / count
        return self.conv_norm(edge[name], x)

    def cell(self, cell: Any, x: Tensor) -> Tensor:
        nodes = [x]
        for target in range(1, self.nodes):
            total = torch.zeros_like(x)
            for source in range(target):
                number = edges(self.nodes).index((source, target))
                for place, name in enumerate(OPERATIONS):
                    found = self.operation(name, cell.edges[number], nodes[source])
                    total = total + self.weights[number, place] * found
            nodes.append(total)
        return nodes[-1]

    def __call__(self, x: Tensor) -> Tensor:
        net: Any = self.network
        x = self.norm(net.stem_norm, net.stem(x))
        for stage in range(3):
            if stage:
                block = net.reductions[stage - 1]
                small = F.avg_pool2d(x, 2)
                residual = self.conv_norm(block.second, self.conv_norm(block.first, x))
                x = block.shortcut(small) + residual
            for cell in net.stages[stage]:
                x = self.cell(cell, x)
        return net.head(self.norm(net.norm, x).relu().mean((2, 3)))


def test_training_is_the_exact_mixture(space: NASBench201Space, supernet: CellSupernet) -> None:
    """Values, and gradients up to what would change the sum of a choice's weights."""
    weights, inputs = relaxed(space, 3), images(12)
    direction = torch.randn(12, 7, dtype=torch.float64)
    wanted = list(supernet.parameters())
    mixed = supernet.train()(inputs, Relaxation(space.choices, weights))
    found, *rest = torch.autograd.grad((mixed * direction).sum(), [weights, *wanted])
    naive = torch.cat(
        [
            Naive(supernet.network, space.sizes.nodes, row)(group)
            for row, group in zip(weights, inputs.chunk(3), strict=True)
        ]
    )
    expected, *others = torch.autograd.grad((naive * direction).sum(), [weights, *wanted])
    torch.testing.assert_close(mixed, naive, atol=1e-9, rtol=1e-9)
    centred = expected - expected.mean(-1, keepdim=True)
    torch.testing.assert_close(found, centred, atol=1e-7, rtol=1e-7)
    for mine, reference in zip(rest, others, strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-7, rtol=1e-7)


def test_single_path_is_the_mixture_of_one_hot_rows_in_training_too(
    space: NASBench201Space, supernet: CellSupernet
) -> None:
    rows = population.sample_distinct(space.choices, 5, torch.Generator().manual_seed(1))
    inputs = images(20)
    mixed = supernet.train()(inputs, Relaxation.from_population(space.choices, rows))
    for architecture, group, part in zip(
        population.decode(space.choices, rows), inputs.chunk(5), mixed.chunk(5), strict=True
    ):
        torch.testing.assert_close(supernet(group, architecture), part, atol=1e-9, rtol=1e-9)


def test_mixtures_need_no_company(space: NASBench201Space, supernet: CellSupernet) -> None:
    """What one group computes does not depend on the others, in either mode."""
    weights, inputs = relaxed(space, 2).detach(), images(8)
    for network in (supernet.train(), supernet.eval()):
        both = network(inputs, Relaxation(space.choices, weights))
        for row in range(2):
            alone = network(inputs.chunk(2)[row], Relaxation(space.choices, weights[[row]]))
            torch.testing.assert_close(both.chunk(2)[row], alone, atol=1e-9, rtol=1e-9)


def test_evaluation_does_not_depend_on_the_batch(
    space: NASBench201Space, supernet: CellSupernet
) -> None:
    supernet.eval()
    architecture = population.decode(space.choices, population.corners(space.choices))[1]
    inputs = images(6)
    together = supernet(inputs, architecture)
    single = torch.cat([supernet(image[None], architecture) for image in inputs])
    torch.testing.assert_close(together, single, atol=1e-9, rtol=1e-9)


def test_statistics_follow_the_weights_and_the_architecture(
    space: NASBench201Space, supernet: CellSupernet
) -> None:
    """A change of weights is noticed, whoever makes it, and nothing is left of another subnet."""
    supernet.eval()
    smallest, largest = population.decode(space.choices, population.corners(space.choices))
    inputs = images(4)
    before = supernet(inputs, largest)
    supernet(inputs, smallest)
    assert torch.equal(supernet(inputs, largest), before)
    other = copy.deepcopy(supernet)
    assert torch.equal(other(inputs, largest), before)
    with torch.no_grad():
        supernet.network.stem.weight.mul_(3.0)  # the norm that follows takes it out again
    torch.testing.assert_close(supernet(inputs, largest), before, atol=1e-4, rtol=1e-4)
    other.load_state_dict({k: v + 0.1 for k, v in other.state_dict().items()})
    fresh = space.supernet(RandomImages()).double().eval()
    fresh.load_state_dict(other.state_dict())
    assert torch.equal(other(inputs, largest), fresh(inputs, largest))


def test_extracted_statistics_are_those_of_calibration(
    space: NASBench201Space, supernet: CellSupernet
) -> None:
    """A network taken out and shown the calibration images in training mode finds the same."""
    architecture = population.decode(space.choices, population.corners(space.choices))[1]
    extracted = supernet.extract(architecture)
    again = copy.deepcopy(extracted).train()
    for layer in again.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = 1.0
    again(supernet._calibration.inputs(supernet.network.head.weight))
    for (name, mine), other in zip(extracted.named_buffers(), again.buffers(), strict=True):
        if "running" in name:
            torch.testing.assert_close(mine, other, atol=1e-9, rtol=1e-9)


def test_extraction_keeps_the_mode_and_changes_nothing(
    space: NASBench201Space, supernet: CellSupernet
) -> None:
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    architecture = next(space.choices.enumerate())
    assert supernet.train().extract(architecture).training
    assert not supernet.eval().extract(architecture).training
    for name, value in supernet.state_dict().items():
        assert torch.equal(value, before[name])


def test_only_chosen_operations_run(space: NASBench201Space, supernet: CellSupernet) -> None:
    text = "|none~0|+|nor_conv_3x3~0|avg_pool_3x3~1|"
    architecture = from_string(space.choices, text)
    loss = supernet.train()(images(4), architecture).square().sum()
    loss.backward()
    used = {
        tuple(name.split(".")[-4:-2])
        for name, weight in supernet.named_parameters()
        if ".edges." in name and weight.grad is not None
    }
    assert used == {("1", "nor_conv_3x3")}


@pytest.mark.parametrize("training", [True, False])
def test_cells_without_a_path_stay_finite(
    space: NASBench201Space, supernet: CellSupernet, training: bool
) -> None:
    """Nothing reaches the output, so all images look alike; gradients are finite all the same."""
    nothing = space.choices.architecture(
        {edge_name(*edge): "none" for edge in edges(space.sizes.nodes)}
    )
    supernet.train(training)
    outputs = supernet(images(4), nothing)
    torch.testing.assert_close(outputs, outputs[:1].expand_as(outputs))
    outputs.square().sum().backward()
    found = [p.grad for p in supernet.parameters() if p.grad is not None]
    assert found
    assert all(torch.isfinite(gradient).all() for gradient in found)
    extracted = supernet.extract(nothing)
    assert torch.isfinite(extracted(images(4))).all()


def test_every_option_of_every_live_edge_gets_a_gradient(
    space: NASBench201Space, supernet: CellSupernet
) -> None:
    weights = Relaxation.from_architectures(
        space.choices, [from_string(space.choices, "|skip_connect~0|+|none~0|nor_conv_1x1~1|")]
    ).weights.requires_grad_()
    for network in (supernet.train(), supernet.eval()):
        outputs = network(images(4), Relaxation(space.choices, weights))
        (gradient,) = torch.autograd.grad((outputs * outputs.detach().cos()).sum(), weights)
        assert (gradient != 0).all()
        torch.testing.assert_close(gradient.sum(-1), torch.zeros(1, 3), atol=1e-5, rtol=0)


def test_foreign_architectures_are_refused(supernet: CellSupernet) -> None:
    with pytest.raises(UsageError, match='belongs to space "toy"'):
        supernet(images(1), Architecture("toy", 1, ()))
    other = NASBench201Space()
    rows = population.corners(other.choices)
    with pytest.raises(ValueError, match="other choices"):
        supernet(images(2), Relaxation.from_population(other.choices, rows))


def test_indivisible_batches_are_refused(space: NASBench201Space, supernet: CellSupernet) -> None:
    corners = Relaxation.from_population(space.choices, population.corners(space.choices))
    with pytest.raises(ValueError, match="2 architectures for 3 images"):
        supernet(images(3), corners)

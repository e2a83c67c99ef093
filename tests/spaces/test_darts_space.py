"""DARTS cells: what may be chosen, what a mixture is, what it stands for, cheaper proxies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from monas_cells.darts.operations import FactorizedReduce
from monas_cells.darts.options import Options
from monas_cells.darts.sizes import OPERATIONS, Sizes
from monas_cells.darts.space import DartsSpace
from monas_cells.operations import ALONE
from monas_core.errors import UsageError
from monas_core.parts.discrete import discretise
from monas_core.parts.space import WarmUp
from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.tracing.workload import Tracer
from monas_core.values import population
from monas_core.values.relaxation import Relaxation

SIZES = Sizes(
    channels=4,
    cells=2,
    reductions=(1,),
    nodes=3,
    stem=2,
    stem_stride=1,
    calibration=8,
    warm_up=WarmUp(steps=1, batch_size=8, learning_rate=1e-3),
)


class Noise(Task):
    """Images of nothing."""

    name = "noise"
    modality: ClassVar[str] = "image-classification"
    score = Score("accuracy", "%", "max")
    n_outputs = 3

    def describe(self) -> Mapping[str, Any]:
        return {}

    def batch(self, part: Part, size: int, generator: Any) -> Batch:
        targets = torch.randint(self.n_outputs, (size,), generator=generator)
        return Batch(torch.randn(size, 2, 9, 9, generator=generator), targets)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(outputs, targets, reduction="none")

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        return {"accuracy": 0.0}

    def example(self, batch: int) -> Tensor:
        return torch.zeros(batch, 2, 9, 9)


@pytest.fixture(scope="module")
def space() -> DartsSpace:
    return DartsSpace(sizes=SIZES)


def test_the_published_space_has_the_published_number_of_cells() -> None:
    """Section 2.1: two of k inputs and 7 operations each, for nodes with 2, 3, 4 and 5 inputs."""
    cell = 1 * 3 * 6 * 10 * 7**8
    assert DartsSpace("published").choices.cardinality() == cell**2


def test_the_derived_network_has_the_published_number_of_weights() -> None:
    """The cell called DARTS (second order): 3.35 M for CIFAR-10 without the auxiliary head."""
    normal = {
        2: {0: "sep_conv_3x3", 1: "sep_conv_3x3"},
        3: {0: "sep_conv_3x3", 1: "sep_conv_3x3"},
        4: {1: "sep_conv_3x3", 0: "skip_connect"},
        5: {0: "skip_connect", 2: "dil_conv_3x3"},
    }
    reduction = {
        2: {0: "max_pool_3x3", 1: "max_pool_3x3"},
        3: {2: "skip_connect", 1: "max_pool_3x3"},
        4: {0: "max_pool_3x3", 2: "skip_connect"},
        5: {2: "skip_connect", 1: "max_pool_3x3"},
    }
    answers: dict[str, Any] = {}
    for kind, cell in (("normal", normal), ("reduction", reduction)):
        for target, edges in cell.items():
            if target > 2:
                answers[f"{kind}_inputs_{target}"] = "{}+{}".format(*sorted(edges))
            for source, operation in edges.items():
                answers[f"{kind}_{source}_{target}"] = operation
    space = DartsSpace("published")

    class Cifar(Noise):
        n_outputs = 10

        def example(self, batch: int) -> Tensor:
            return torch.zeros(batch, 3, 32, 32)

    tracer, task = Tracer(), Cifar()
    network = tracer.build(lambda: space.build(space.choices.architecture(answers), task))
    assert tracer.trace(network, task.example(1)).parameters == pytest.approx(3.35e6, rel=0.01)


def test_a_mixture_stands_for_the_two_strongest_edges_of_each_node(space: DartsSpace) -> None:
    choices = space.choices
    weights = Relaxation.from_logits(
        choices, torch.zeros(1, len(choices), choices.max_options)
    ).weights.clone()
    at = choices.position
    # the pair 0+1 is likeliest, but the operation on edge 1 is undecided
    weights[0, at["normal_inputs_3"], :3] = torch.tensor([0.4, 0.35, 0.25])
    for source, option in ((0, 5), (2, 3)):
        row = at[f"normal_{source}_3"]
        weights[0, row] = 0.0
        weights[0, row, option] = 1.0
    relaxation = Relaxation(choices, weights)
    (found,) = population.decode(choices, discretise(space, relaxation))
    assert relaxation.to_architectures()[0]["normal_inputs_3"] == "0+1"
    assert found["normal_inputs_3"] == "0+2"
    assert found["normal_0_3"] == OPERATIONS[5]
    assert found["normal_2_3"] == OPERATIONS[3]


def test_edges_count_by_the_probability_that_they_are_read(space: DartsSpace) -> None:
    choices = space.choices
    logits = torch.randn(2, len(choices), choices.max_options)
    relaxation = Relaxation.from_logits(choices, logits)
    shares = space._parts.shares(relaxation)
    totals = shares.sum(-1).unflatten(1, (2, -1))  # of the edges of each kind of cell
    nodes = [totals[..., a:b].sum(-1) for a, b in ((0, 2), (2, 5), (5, 9))]
    for total in nodes:
        torch.testing.assert_close(total, torch.full_like(total, 2.0))
    assert space.describe(relaxation).shape == (2, 2 * len(OPERATIONS))


@pytest.mark.parametrize(
    "options",
    [Options(bottleneck=2), Options(partial=2), Options(bottleneck=2, partial=2)],
    ids=str,
)
def test_a_proxy_is_cheaper_and_mixes_what_it_runs(options: Options) -> None:
    whole, task = DartsSpace(sizes=SIZES, options=options), Noise()
    proxy = whole.proxy
    assert proxy is not None
    assert proxy.choices == whole.choices
    net = proxy.supernet(task)
    full = sum(p.numel() for p in whole.supernet(task).parameters())
    assert sum(p.numel() for p in net.parameters()) < full
    images = task.batch("train", 8, torch.Generator().manual_seed(1)).inputs
    rows = population.sample_distinct(proxy.choices, 4, torch.Generator().manual_seed(2))
    members = population.decode(proxy.choices, rows)
    with torch.no_grad():
        mixed = net.eval()(images, Relaxation.from_population(proxy.choices, rows))
        for number, architecture in enumerate(members):
            own = images[2 * number : 2 * number + 2]
            alone = net(own, architecture)
            torch.testing.assert_close(mixed[2 * number : 2 * number + 2], alone)
            torch.testing.assert_close(net.extract(architecture).eval()(own), alone)
    assert all(
        sum(p.numel() for p in proxy.build(a, task).parameters())
        < sum(p.numel() for p in whole.build(a, task).parameters())
        for a in members
    )


def test_a_space_without_options_needs_no_proxy(space: DartsSpace) -> None:
    assert space.proxy is None


def test_published_cells_are_searched_in_a_smaller_network() -> None:
    proxy = DartsSpace("published").proxy
    assert isinstance(proxy, DartsSpace)
    sizes = proxy.sizes
    assert (sizes.cells, sizes.channels, sizes.reductions) == (8, 16, (2, 5))


def test_halving_keeps_every_pixel_of_odd_images() -> None:
    layer = FactorizedReduce(2, 4).eval()
    images = torch.zeros(1, 2, 5, 5)
    images[0, :, 3, 3] = 1.0  # only the shifted convolution sees it
    assert layer(images, ALONE).shape == (1, 4, 3, 3)
    assert layer(images, ALONE)[0, 2:, 1, 1].abs().sum() > 0


@pytest.mark.parametrize("bad", [{"bottleneck": 0}, {"partial": -1}])
def test_options_out_of_range_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=r"options\.space\.\w+ must be at least 1"):
        Options(**bad)

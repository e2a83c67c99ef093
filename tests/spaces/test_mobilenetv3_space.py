"""Choices of the MobileNetV3 space and the standalone networks it builds."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.tracing.workload import Tracer, trace
from monas_core.values import population
from monas_mobilenetv3.configure import divisible
from monas_mobilenetv3.options import Options
from monas_mobilenetv3.space import MobileNetV3Space


class RandomImages(Task):
    """An image task without images: noise in the shape and with the classes of ImageNet."""

    name = "random-images"
    modality: ClassVar[str] = "image-classification"
    score = Score("accuracy", "%", "max")

    def __init__(self, channels: int = 3, size: int = 224, classes: int = 1000) -> None:
        self.shape = (channels, size, size)
        self.n_outputs = classes

    def describe(self) -> Mapping[str, Any]:
        return {}

    def batch(self, part: Part, size: int, generator: Any) -> Batch:
        targets = torch.randint(self.n_outputs, (size,), generator=generator)
        return Batch(torch.randn(size, *self.shape, generator=generator), targets)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(outputs, targets, reduction="none")

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        return {"accuracy": 0.0}

    def example(self, batch: int) -> Tensor:
        return torch.zeros(batch, *self.shape)


@pytest.fixture
def imagenet() -> RandomImages:
    return RandomImages()


@pytest.fixture
def digits() -> RandomImages:
    return RandomImages(1, 16, 10)


def ends(space):
    return population.decode(space.choices, population.corners(space.choices))


def published(space, ks, e, d, r):
    """An architecture as once-for-all's own lists, of four blocks per stage."""
    answers = {"resolution": r}
    for stage, depth in enumerate(d):
        answers[f"depth_{stage}"] = depth
        for block in range(depth):
            answers[f"kernel_{stage}_{block}"] = ks[4 * stage + block]
            answers[f"expand_{stage}_{block}"] = e[4 * stage + block]
    return space.choices.architecture(answers)


def test_cardinality_is_the_published_one():
    count = MobileNetV3Space("ofa").choices.cardinality()
    assert count == (9**2 + 9**3 + 9**4) ** 5 * 25
    assert count == pytest.approx(5.4e20, rel=0.01)


def test_tiny_can_be_enumerated():
    choices = MobileNetV3Space.tiny().choices
    assert len(set(choices.enumerate())) == choices.cardinality() == 2 * (4 + 4**2) ** 2


def test_only_blocks_that_exist_have_kernels():
    choices = MobileNetV3Space("ofa").choices
    conditions = {choice.name: choice.condition for choice in choices.choices}
    assert conditions["kernel_4_1"] is None
    condition = conditions["expand_4_3"]
    assert condition is not None
    assert (condition.choice, condition.options) == ("depth_4", (4,))
    shallow = ends(MobileNetV3Space("ofa"))[0]
    assert choices.active(choices.to_indices(shallow)).count(True) == 1 + 5 + 5 * 2 * 2


def test_all_choices_are_ordered_and_blocks_are_groups():
    for choice in MobileNetV3Space("ofa").choices.choices:
        assert choice.ordered
        assert (choice.group is None) == (choice.name == "resolution")


def test_registered_without_importing_torch():
    entry = Catalog.installed().find("space", "mobilenetv3")
    assert entry.create(preset="ofa").preset == "ofa"
    code = "import sys, monas_mobilenetv3.plugin as p; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_unknown_preset_and_width_are_refused():
    with pytest.raises(UsageError, match='no preset "xl"; it has: small, ofa'):
        MobileNetV3Space("xl")
    with pytest.raises(UsageError, match=r"width must be 1\.0 or 1\.2, got 1\.5"):
        Options(width=1.5)


@pytest.mark.parametrize(
    ("number", "rounded"), [(3, 8), (16, 16), (19.2, 24), (28.8, 32), (48, 48), (192, 192)]
)
def test_channels_round_as_in_mobilenets(number, rounded):
    assert divisible(number) == rounded


@pytest.mark.parametrize(
    ("width", "weights", "stem", "head"),
    [(1.0, 7_664_760, 16, (960, 1280)), (1.2, 10_701_632, 24, (1152, 1536))],
)
def test_largest_published_network(width, weights, stem, head, imagenet):
    """7.66 million weights, the figure for once-for-all's largest at width 1.0."""
    space = MobileNetV3Space("ofa", options=Options(width=width))
    largest = ends(space)[1]
    with torch.device("meta"):
        network = space.build(largest, imagenet)
    assert sum(weight.numel() for weight in network.parameters()) == weights
    assert (network.config.stem, network.config.head) == (stem, head)
    blocks = [block for stage in network.config.stages for block in stage]
    assert len(blocks) == 20
    assert [block.stride for block in blocks].count(2) == 4


@pytest.mark.data
def test_weights_and_macs_are_the_published_ones(imagenet, data_dir):
    """Every 90th row of the sub-nets that DyNAS-T logged (once-for-all, width 1.0, 224 pixels)."""
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = parquet.read_table(data_dir / "ofa_mbv3_top1_dynast.parquet").to_pylist()[::90]
    assert len(rows) >= 20
    space, tracer = MobileNetV3Space("ofa"), Tracer()
    for row in rows:
        architecture = published(space, row["ks"], row["e"], row["d"], row["r"])
        network = tracer.build(lambda a=architecture: space.build(a, imagenet))
        workload = tracer.trace(network, imagenet.example(1))
        assert workload.parameters == row["params"]
        assert workload.total_flops == 2 * row["macs"]


@pytest.mark.parametrize("preset", ["small", "ofa"])
def test_traced_flops_are_those_of_the_flop_counter(preset, digits, generator):
    space = MobileNetV3Space(preset)
    rows = population.sample(space.choices, 2, generator)
    for architecture in population.decode(space.choices, rows):
        with torch.device("meta"):
            network = space.build(architecture, digits).eval()
        workload = trace(network, digits.example(2))
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            network(digits.example(2).to("meta"))
        assert workload.total_flops == counter.get_total_flops()
        assert workload.parameters == sum(p.numel() for p in network.parameters())


def test_resolution_is_that_of_the_first_convolution(digits):
    space = MobileNetV3Space()
    seen = []
    for resolution in space.sizes.resolutions:
        answers = dict(ends(space)[0].choices) | {"resolution": resolution}
        network = space.build(space.choices.architecture(answers), digits).eval()
        network.stem.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[2:]))
        assert network(digits.example(2)).shape == (2, 10)
    assert seen == [(size, size) for size in space.sizes.resolutions]


def test_network_learns(digits, generator):
    space = MobileNetV3Space.tiny()
    network = space.build(ends(space)[1], digits)
    batch = digits.batch("train", 32, generator)
    updater = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(60):
        loss = digits.loss(network(batch.inputs), batch.targets).mean()
        losses.append(float(loss.detach()))
        updater.zero_grad()
        loss.backward()
        updater.step()
    assert losses[0] == pytest.approx(2.303, abs=0.1)  # an even guess among ten
    assert losses[-1] < 0.1

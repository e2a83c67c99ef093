"""The supernet made from ``build``: exact, whatever the networks are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from monas_core.errors import PluginError, UsageError
from monas_core.parts.cuts import centred, grouped, packed
from monas_core.parts.sliced import SlicedSupernet
from monas_core.parts.space import SearchSpace, WarmUp
from monas_core.parts.task import Task
from monas_core.seeding import seeded_construction
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_core.values.architecture import Architecture, Choice, Condition
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation

FEATURES = 6
Build = Callable[[Architecture, int], nn.Module]


class Made(SearchSpace):
    """A space of some choices and a function that builds."""

    name: ClassVar[str] = "made"
    modalities: ClassVar[frozenset[str]] = frozenset({"toy"})
    presets: ClassVar[tuple[str, ...]] = ("only",)

    def __init__(self, choices: list[Choice], build: Build) -> None:
        self.preset = "only"
        self.choices = ChoiceSet("made", 1, choices)
        self.warm_up = WarmUp(steps=1, batch_size=8, learning_rate=1e-2)
        self._build = build

    @classmethod
    def tiny(cls) -> Made:
        raise NotImplementedError

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        return self._build(architecture, task.n_outputs)


class Deep(nn.Module):
    """Layers by depth, norms that keep statistics, dropout, a bias that may be missing."""

    def __init__(self, architecture: Architecture, classes: int) -> None:
        super().__init__()
        width, sizes = int(architecture["width"]), [FEATURES]
        self.layers = nn.ModuleList()
        for _ in range(int(architecture["depth"])):
            linear = nn.Linear(sizes[-1], width, bias=bool(architecture["bias"]))
            self.layers.append(nn.Sequential(linear, nn.BatchNorm1d(width), nn.ReLU()))
            sizes.append(width)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(sizes[-1], classes)

    def forward(self, inputs: Tensor) -> Tensor:
        for layer in self.layers:
            inputs = layer(inputs)
        return self.head(self.drop(inputs))


class Tied(nn.Module):
    """A table that is input and output, and a constant that follows from the width."""

    def __init__(self, architecture: Architecture, classes: int) -> None:
        super().__init__()
        width = int(architecture["width"])
        self.up = nn.Linear(FEATURES, width)
        self.down = nn.Linear(width, FEATURES)
        self.again = nn.Linear(FEATURES, width)
        self.again.weight = self.up.weight
        self.register_buffer("scale", torch.linspace(0.5, 1.5, width), persistent=False)
        self.head = nn.Linear(width, classes)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = F.relu(self.up(inputs)) * self.get_buffer("scale")
        return self.head(F.relu(self.again(self.down(hidden))) * self.get_buffer("scale"))


class Forked(nn.Module):
    """Operations with weights of their own, one with an option of its own; convolutions."""

    def __init__(self, architecture: Architecture, classes: int) -> None:
        super().__init__()
        kind, width = str(architecture["kind"]), 8
        self.lift = nn.Conv1d(1, width, 3, padding=1)
        if kind == "convolution":
            kernel = int(architecture["kernel"])
            self.wide = nn.Conv1d(width, width, kernel, padding=kernel // 2)
        elif kind == "gate":
            self.gate = nn.Linear(FEATURES, FEATURES)
        self.norm = nn.BatchNorm1d(width)
        self.head = nn.Linear(width, classes)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.lift(inputs[:, None])  # (B, width, FEATURES)
        if hasattr(self, "wide"):
            hidden = self.wide(hidden)
        if hasattr(self, "gate"):
            hidden = hidden * torch.sigmoid(self.gate(hidden))
        return self.head(F.relu(self.norm(hidden)).mean(-1))


SPACES = {
    "deep": Made(
        [
            Choice("depth", (1, 2, 3), ordered=True),
            Choice("width", (4, 6, 8), ordered=True),
            Choice("bias", (False, True)),
        ],
        Deep,
    ),
    "tied": Made([Choice("width", (4, 6, 8), ordered=True)], Tied),
    "forked": Made(
        [
            Choice("kind", ("identity", "gate", "convolution")),
            Choice("kernel", (5, 1, 3), condition=Condition("kind", ("convolution",))),
        ],
        Forked,
    ),
    "toy": ToySpace(),
}


@pytest.fixture(params=SPACES)
def space(request: pytest.FixtureRequest) -> SearchSpace:
    return SPACES[request.param]


@pytest.fixture
def supernet(space: SearchSpace) -> SlicedSupernet:
    """With weights and norms that are all different from what they start as."""
    with seeded_construction(0):
        made = SlicedSupernet(space, ToyTask())
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    return made.eval()


def inputs(count: int = 5) -> Tensor:
    return torch.randn(count, FEATURES, generator=torch.Generator().manual_seed(2))


def test_inside_is_extracted_is_built(space: SearchSpace, supernet: SlicedSupernet) -> None:
    """The network of ``build`` with the extracted weights computes what the supernet computes."""
    with torch.no_grad():
        for architecture in space.choices.enumerate():
            inside = supernet(inputs(), architecture)
            extracted = supernet.extract(architecture)
            assert not extracted.training
            assert torch.equal(extracted(inputs()), inside)
            built = space.build(architecture, ToyTask()).eval()
            built.load_state_dict(extracted.state_dict())
            assert torch.equal(built(inputs()), inside)


def test_every_weight_is_used_and_trained(space: SearchSpace, supernet: SlicedSupernet) -> None:
    supernet.train()
    for architecture in space.choices.enumerate():
        F.cross_entropy(supernet(inputs(), architecture), torch.arange(5) % 4).backward()
    idle = [n for n, p in supernet.named_parameters() if p.grad is None or not p.grad.any()]
    # a norm of the same scale for all takes the bias before it out
    assert not [name for name in idle if not name.endswith(".0.bias") and "norm" not in name]


def test_training_is_that_of_a_batch(space: SearchSpace, supernet: SlicedSupernet) -> None:
    """A norm in training sees the batch's statistics, as the network of ``build`` does."""
    if any(isinstance(m, nn.Dropout) for m in space.build(_last(space), ToyTask()).modules()):
        return
    extracted = supernet.extract(_last(space)).train()
    assert torch.equal(extracted(inputs()), supernet.train()(inputs(), _last(space)))


def test_statistics_are_of_one_subnet(supernet: SlicedSupernet, space: SearchSpace) -> None:
    last, first = _last(space), next(iter(space.choices.enumerate()))
    with torch.no_grad():
        before = supernet(inputs(), first)
        for _ in range(3):
            supernet.train()(100 * inputs(), last)
        assert torch.equal(supernet.eval()(inputs(), first), before)
    assert not [n for n, _ in supernet.named_buffers()], "what no subnet owns is saved with all"


def test_statistics_follow_the_weights() -> None:
    supernet = SlicedSupernet(SPACES["deep"], ToyTask()).eval()
    architecture = _last(SPACES["deep"])
    with torch.no_grad():
        supernet(inputs(), architecture)
        next(supernet.parameters()).mul_(3)
        fresh = SlicedSupernet(SPACES["deep"], ToyTask()).eval()
        fresh.load_state_dict(dict(supernet.state_dict()))  # as read from a file
        assert torch.equal(supernet(inputs(), architecture), fresh(inputs(), architecture))


def test_weights_are_shared(supernet: SlicedSupernet, space: SearchSpace) -> None:
    """Whatever one subnet learns, the part another has of it knows too."""
    first, last = next(iter(space.choices.enumerate())), _last(space)
    with torch.no_grad():
        before = supernet(inputs(), first)
        grown = supernet.train()(inputs(), last)
    with torch.enable_grad():
        supernet(inputs(), last).square().sum().backward()
    with torch.no_grad():
        for weight in supernet.parameters():
            if weight.grad is not None:
                weight.sub_(0.1 * weight.grad)
        assert not torch.equal(supernet.eval()(inputs(), first), before)
    assert grown.shape == before.shape


def test_making_draws_from_the_seed_alone(space: SearchSpace) -> None:
    torch.manual_seed(5)
    with seeded_construction(3):
        one = SlicedSupernet(space, ToyTask())
    torch.manual_seed(6)
    with seeded_construction(3):
        two = SlicedSupernet(space, ToyTask())
    for left, right in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(left, right)
    drawn = torch.get_rng_state()
    two.eval()(inputs(), _last(space))
    two.extract(_last(space))
    assert torch.equal(torch.get_rng_state(), drawn)


def test_double_precision_is_kept(supernet: SlicedSupernet, space: SearchSpace) -> None:
    supernet.double()
    out = supernet(inputs().double(), _last(space))
    assert out.dtype == torch.float64
    assert supernet.extract(_last(space))(inputs().double()).dtype == torch.float64


def test_single_architectures_only(supernet: SlicedSupernet, space: SearchSpace) -> None:
    mixture: Any = Relaxation.from_architectures(space.choices, [_last(space)])
    with pytest.raises(UsageError, match=r'one architecture at a time.*"relaxed"'):
        supernet(inputs(), mixture)


def test_architectures_of_other_spaces_are_refused(supernet: SlicedSupernet) -> None:
    with pytest.raises(UsageError, match="belongs to space"):
        supernet(inputs(), Architecture("other", 1, (("width", 4),)))


def test_a_weight_nobody_has_is_named() -> None:
    """Three options that only together need more: the default does not look at triples."""

    def build(architecture: Architecture, classes: int) -> nn.Module:
        width = 16 if all(architecture[name] == 0 for name in "abc") else 4
        return nn.Sequential(nn.Linear(FEATURES, width), nn.Linear(width, classes))

    space = Made([Choice(name, (0, number)) for number, name in enumerate("abc", 1)], build)
    odd = space.choices.from_indices([0, 0, 0])
    with pytest.raises(PluginError, match=r'Weight "0.weight" \(16, 6\).*architectures'):
        SlicedSupernet(space, ToyTask())(inputs(), odd)
    told = SlicedSupernet(space, ToyTask(), architectures=[_last(space), odd])
    assert told(inputs(), odd).shape == (5, 4)


def test_one_name_for_two_kinds_of_weight_is_refused() -> None:
    def build(architecture: Architecture, classes: int) -> nn.Module:
        first = nn.Linear(FEATURES, FEATURES) if architecture["a"] else nn.Conv1d(1, 1, 3)
        return nn.Sequential(first, nn.Linear(FEATURES, classes))

    space = Made([Choice("a", (False, True))], build)
    with pytest.raises(PluginError, match=r'Weight "0.weight" has .* different names'):
        SlicedSupernet(space, ToyTask())


def test_a_cut_of_the_wrong_shape_is_named() -> None:
    cuts = {"head.*": lambda whole, part, layer: whole}
    supernet = SlicedSupernet(SPACES["deep"], ToyTask(), cuts=cuts)
    with pytest.raises(PluginError, match=r'cut for weight "head.weight"'):
        supernet(inputs(), next(iter(SPACES["deep"].choices.enumerate())))


def test_packed_takes_the_first_of_each() -> None:
    """Of queries, keys and values in one matrix the first units each."""
    whole = torch.arange(24.0).reshape(12, 2)
    part = packed(3)(whole, torch.empty(6, 2), nn.Linear(2, 6))
    assert part[:, 0].tolist() == [0, 2, 8, 10, 16, 18]


def test_kernels_are_the_centre_of_larger_ones() -> None:
    whole = torch.arange(25.0).reshape(1, 1, 5, 5)
    part = centred(whole, torch.empty(1, 1, 3, 3), nn.Conv2d(1, 1, 3))
    assert part[0, 0, :, 0].tolist() == [6, 11, 16]


@pytest.mark.parametrize(("groups", "channels"), [(2, 8), (4, 8), (8, 8), (2, 4), (1, 4)])
def test_grouped_keeps_to_the_channels(groups: int, channels: int) -> None:
    """Every weight of a grouped kernel connects the channels it connects in the full one."""
    whole = torch.randn(8, 8, 3, 3, generator=torch.Generator().manual_seed(0))
    layer = nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False)
    part = grouped(whole, layer.weight, layer)
    width = channels // groups
    same = torch.arange(channels) // width
    mask = (same[:, None] == same[None, :])[:, :, None, None]
    images = torch.randn(2, channels, 5, 5, generator=torch.Generator().manual_seed(1))
    dense = F.conv2d(images, whole[:channels, :channels] * mask, padding=1)
    alone = F.conv2d(images, part, padding=1, groups=groups)
    torch.testing.assert_close(alone, dense)


def _last(space: SearchSpace) -> Architecture:
    return space.ends().largest

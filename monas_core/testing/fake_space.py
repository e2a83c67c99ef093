"""The smallest honest search space: up to three layers of chosen widths."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from monas_core.parts.blockwise import Blockwise
from monas_core.parts.gated import GatedSupernet, Gates
from monas_core.parts.masks import Mask, UnitGate
from monas_core.parts.space import SearchSpace, Tapped, WarmUp, check_preset
from monas_core.parts.supernet import RelaxedSupernet
from monas_core.parts.task import Task
from monas_core.parts.teacher import Teacher
from monas_core.seeding import seeded_construction
from monas_core.testing import fake_gates
from monas_core.testing.fake_task import FEATURES
from monas_core.values.architecture import Architecture, Choice, Condition
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}


def toy_choices(depth: int, widths: tuple[int, ...]) -> ChoiceSet:
    """Activation, depth, and the width of every layer that the depth reaches."""
    layers = [
        Choice(
            f"width_{layer}",
            widths,
            condition=Condition("depth", tuple(range(layer, depth + 1))) if layer > 1 else None,
            ordered=True,
            group=f"layer {layer}",
        )
        for layer in range(1, depth + 1)
    ]
    head = [
        Choice("activation", tuple(ACTIVATIONS)),
        Choice("depth", tuple(range(1, depth + 1)), ordered=True),
    ]
    return ChoiceSet("toy", 1, (*head, *layers))


class ToySpace(SearchSpace, Tapped):
    """78 architectures at preset ``tiny``, 12 in ``tiny()``."""

    name: ClassVar[str] = "toy"
    modalities: ClassVar[frozenset[str]] = frozenset({"toy"})
    presets: ClassVar[tuple[str, ...]] = ("tiny",)

    def __init__(self, preset: str = "tiny") -> None:
        self.preset = check_preset(type(self), preset)
        self.choices = toy_choices(3, (4, 8, 16))
        self.warm_up = WarmUp(steps=20, batch_size=16, learning_rate=1e-2)

    @classmethod
    def tiny(cls) -> ToySpace:
        """Two layers of two widths: 12 architectures."""
        space = cls()
        space.choices = toy_choices(2, (4, 8))
        return space

    def supernet(self, task: Task) -> ToySupernet:
        """A freshly initialised supernet."""
        return ToySupernet(self.choices, task.n_outputs)

    def build(self, architecture: Architecture, task: Task) -> ToyNetwork:
        """A freshly initialised network; works on the ``meta`` device."""
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        return ToyNetwork(_widths(architecture), str(architecture["activation"]), task.n_outputs)

    def taps(self, architecture: Architecture) -> tuple[str, ...]:
        """Every layer of the deepest; a layer that is not there gives what the last one gave."""
        last = int(architecture["depth"]) - 1
        return tuple(f"layers.{min(layer, last)}" for layer in range(len(self.choices) - 2))

    def teacher(self, task: Task) -> Teacher:
        """The largest network with fixed weights that nobody trained."""
        largest = self.ends().largest
        with seeded_construction(1):
            return Teacher(self.build(largest, task), self.taps(largest), "a toy")


class ToyNetwork(nn.Module):
    """Hidden layers of given widths, each followed by the activation."""

    def __init__(self, widths: list[int], activation: str, n_outputs: int) -> None:
        super().__init__()
        self.activation = activation
        sizes = [FEATURES, *widths]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.head = nn.Linear(widths[-1], n_outputs)

    @property
    def hidden(self) -> list[nn.Linear]:
        """The hidden layers, first to last."""
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits ``(B, n_outputs)``."""
        flow = inputs
        for layer in self.hidden:
            flow = ACTIVATIONS[self.activation](layer(flow))
        return self.head(flow)


class ToySupernet(RelaxedSupernet, GatedSupernet, Blockwise):
    """The widest and deepest network; narrower layers are its first units.

    Gates are on the units of each layer; the depth is the largest, and so is the activation.
    """

    tags: Mapping[str, str] = {"whole.head": "head"}

    def __init__(self, choices: ChoiceSet, n_outputs: int) -> None:
        super().__init__()
        self.choices = choices
        self.widths = [int(width) for width in choices.choices[-1].options]
        depth = len(choices) - 2
        self.whole = ToyNetwork([self.widths[-1]] * depth, "relu", n_outputs)
        self.blocks = tuple(f"layer {layer}" for layer in range(1, depth + 1))
        names = [f"width_{layer}" for layer in range(1, depth + 1)]
        self.gates = dict.fromkeys(names, self.widths[-1])

    def forward(self, inputs: Tensor, architectures: Architecture | Relaxation) -> Tensor:
        """Logits ``(B, n_outputs)`` for inputs ``(B, 6)``."""
        if isinstance(architectures, Architecture):
            return self._sliced(inputs, architectures)
        if len(inputs) % len(architectures):
            raise ValueError(f"{len(architectures)} rows do not divide a batch of {len(inputs)}")
        return self._masked(inputs, architectures)

    def _sliced(self, inputs: Tensor, architecture: Architecture) -> Tensor:
        flow = inputs
        for name in self.blocks:
            flow = self.run_block(name, flow, architecture)
        return self.run_head(flow, architecture)

    def run_block(self, name: str, inputs: Tensor, architecture: Architecture) -> Tensor:
        """Units ``(B, width)`` of a layer; one that is not there passes on what it is given."""
        place, widths = self.blocks.index(name), _widths(architecture)
        if place >= len(widths):
            return inputs
        layer = self.whole.hidden[place]
        weight = layer.weight[: widths[place], : inputs.shape[1]]
        activation = ACTIVATIONS[str(architecture["activation"])]
        return activation(nn.functional.linear(inputs, weight, layer.bias[: widths[place]]))

    def run_head(self, features: Tensor, architecture: Architecture) -> Tensor:  # noqa: ARG002
        """Logits ``(B, n_outputs)``."""
        head = self.whole.head
        return nn.functional.linear(features, head.weight[:, : features.shape[1]], head.bias)

    def _masked(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        group = len(inputs) // len(relaxation)
        kinds = relaxation.of("activation").repeat_interleave(group, 0)  # (B, activations)
        depths = relaxation.of("depth").repeat_interleave(group, 0)  # (B, depths)
        flow, leaving = inputs, torch.zeros(())
        for index, layer in enumerate(self.whole.hidden):
            before = layer(flow)  # (B, widest)
            mixed = sum(kinds[:, [k]] * f(before) for k, f in enumerate(ACTIVATIONS.values()))
            flow = mixed * self._mask(relaxation, index + 1).repeat_interleave(group, 0)
            leaving = leaving + depths[:, [index]] * flow
        return self.whole.head(leaving)

    def _mask(self, relaxation: Relaxation, layer: int) -> Tensor:
        """Weight with which each unit of a layer exists, ``(A, widest)``."""
        units = torch.arange(self.widths[-1])
        exists = units[None, :] < torch.tensor(self.widths)[:, None]  # (options, widest)
        return relaxation.of(f"width_{layer}") @ exists.to(relaxation.weights.dtype)

    def extract(self, architecture: Architecture) -> ToyNetwork:
        """A standalone network with copies of the first units of every layer it uses."""
        widths = _widths(architecture)
        n_outputs = self.whole.head.out_features
        network = ToyNetwork(widths, str(architecture["activation"]), n_outputs)
        sources = [*self.whole.hidden[: len(widths)], self.whole.head]
        with torch.no_grad():
            for target, source in zip([*network.hidden, network.head], sources, strict=True):
                rows, columns = target.weight.shape
                target.weight.copy_(source.weight[:rows, :columns])
                target.bias.copy_(source.bias[:rows])
        return network.train(self.training)

    def gated(self, inputs: Tensor, gates: Gates) -> Tensor:
        """Logits ``(B, n_outputs)`` of the network that the gates leave."""
        return fake_gates.run(self.whole, inputs, self._units(gates))

    def sizes(self, gates: Gates) -> dict[str, Tensor]:
        """Weights and multiply-accumulates that the gates leave."""
        return fake_gates.sizes(self.whole, self._units(gates))

    def discretise(self, gates: Gates) -> Architecture:
        """Widths are the numbers of units that the gates leave."""
        largest = {choice.name: choice.options[-1] for choice in self.choices.choices}
        widths = {name: len(mask.kept) for name, mask in self._units(gates).items()}
        return self.choices.architecture({**largest, **widths})

    def prune(self, gates: Gates) -> ToyNetwork:
        """A standalone network of the units that the gates leave."""
        masks = self._units(gates)
        widths = [len(mask.kept) for mask in masks.values()]
        network = ToyNetwork(widths, "tanh", self.whole.head.out_features)
        fake_gates.fill(network, self.whole, masks)
        return network.train(self.training)

    def _units(self, gates: Gates) -> dict[str, Mask]:
        gate = UnitGate("width", tuple(self.widths))
        return {name: gate.mask(gates[name]) for name in self.gates}


def _widths(architecture: Architecture) -> list[int]:
    """Units of each layer the architecture has."""
    depth = int(architecture["depth"])
    return [int(architecture[f"width_{layer}"]) for layer in range(1, depth + 1)]

"""Byte models: residual layers over each byte and the one before it."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from monas_core.parts.space import SearchSpace, WarmUp, check_preset
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture, Choice, Condition
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation

WIDTH = 16
"""Of the residual stream."""
HIDDEN = (8, 16, 32)


class ToySpace(SearchSpace):
    """Depth 1 or 2 and the hidden width of each layer: 12 architectures."""

    name: ClassVar[str] = "toy"
    modalities: ClassVar[frozenset[str]] = frozenset({"language-model"})
    presets: ClassVar[tuple[str, ...]] = ("tiny",)

    def __init__(self, preset: str = "tiny") -> None:
        self.preset = check_preset(type(self), preset)
        choices = (
            Choice("depth", (1, 2), ordered=True),
            Choice("hidden_1", HIDDEN, ordered=True),
            Choice("hidden_2", HIDDEN, condition=Condition("depth", (2,)), ordered=True),
        )
        self.choices = ChoiceSet("toy", 1, choices)
        self.warm_up = WarmUp(steps=20, batch_size=8, learning_rate=3e-3)

    @classmethod
    def tiny(cls) -> ToySpace:
        """The only size there is."""
        return cls()

    def supernet(self, task: Task) -> ToySupernet:
        """A freshly initialised supernet."""
        return ToySupernet(task.n_outputs)

    def build(self, architecture: Architecture, task: Task) -> Network:
        """A freshly initialised network."""
        return Network(hidden_widths(architecture), task.n_outputs)


def hidden_widths(architecture: Architecture) -> list[int]:
    """Hidden width of each layer there is."""
    layers = range(1, int(architecture["depth"]) + 1)
    return [int(architecture[f"hidden_{layer}"]) for layer in layers]


class Layer(nn.Module):
    """One hidden layer over the stream and the stream one byte earlier."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.up = nn.Linear(2 * WIDTH, hidden)
        self.down = nn.Linear(hidden, WIDTH)

    def forward(
        self, stream: Tensor, width: int | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """What the layer adds to the stream ``(B, T, 16)``, by its first ``width`` units."""
        earlier = F.pad(stream, (0, 0, 1, 0))[:, :-1]
        both = torch.cat([stream, earlier], -1)  # (B, T, 32)
        hidden = F.relu(F.linear(both, self.up.weight[:width], self.up.bias[:width]))
        if mask is not None:
            hidden = hidden * mask
        return F.linear(hidden, self.down.weight[:, :width], self.down.bias)


class Network(nn.Module):
    """A standalone byte model."""

    def __init__(self, widths: list[int], n_outputs: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_outputs, WIDTH)
        self.layers = nn.ModuleList(Layer(width) for width in widths)
        self.head = nn.Linear(WIDTH, n_outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits ``(B, T, n_outputs)`` of bytes ``(B, T)``."""
        stream = self.embedding(inputs)
        for layer in self.layers:
            stream = stream + layer(stream)
        return self.head(stream)


class ToySupernet(Supernet):
    """Two layers of the largest width; smaller ones are their first units."""

    def __init__(self, n_outputs: int) -> None:
        super().__init__()
        self.n_outputs = n_outputs
        self.whole = Network([max(HIDDEN)] * 2, n_outputs)

    def forward(self, inputs: Tensor, architectures: Architecture | Relaxation) -> Tensor:
        """Logits ``(B, T, n_outputs)``."""
        stream = self.whole.embedding(inputs)
        if isinstance(architectures, Architecture):
            widths = hidden_widths(architectures)
            for layer, width in zip(self.whole.layers, widths, strict=False):
                stream = stream + layer(stream, width=width)
            return self.whole.head(stream)
        if len(inputs) % len(architectures):
            raise ValueError(f"{len(architectures)} rows do not divide a batch of {len(inputs)}")
        group = len(inputs) // len(architectures)
        exists = torch.arange(max(HIDDEN))[None, :] < torch.tensor(HIDDEN)[:, None]
        reach = architectures.of("depth").flip(-1).cumsum(-1).flip(-1)  # weight of depth >= l
        for number, layer in enumerate(self.whole.layers):
            mask = architectures.of(f"hidden_{number + 1}") @ exists.float()  # (A, 32)
            mask = mask.repeat_interleave(group, 0)[:, None, :]
            there = reach[:, number].repeat_interleave(group)[:, None, None]
            stream = stream + there * layer(stream, mask=mask)
        return self.whole.head(stream)

    def extract(self, architecture: Architecture) -> Network:
        """A network with copies of the units it uses."""
        widths = hidden_widths(architecture)
        network = Network(widths, self.n_outputs)
        with torch.no_grad():
            network.embedding.weight.copy_(self.whole.embedding.weight)
            network.head.load_state_dict(self.whole.head.state_dict())
            for target, source, width in zip(
                network.layers, self.whole.layers, widths, strict=False
            ):
                target.up.weight.copy_(source.up.weight[:width])
                target.up.bias.copy_(source.up.bias[:width])
                target.down.weight.copy_(source.down.weight[:, :width])
                target.down.bias.copy_(source.down.bias)
        return network

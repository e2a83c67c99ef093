"""Stacks of convolutions: choices, and how to build what they stand for."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from monas_core.parts.space import SearchSpace, WarmUp, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture, Choice, Condition
from monas_core.values.choices import ChoiceSet

DEPTHS, WIDTHS, KERNELS = (1, 2, 3), (8, 16), (3, 5)


class PlainSpace(SearchSpace):
    """One to three convolutions, each with a width and a kernel."""

    name: ClassVar[str] = "plain"
    modalities: ClassVar[frozenset[str]] = frozenset({"image-classification"})
    presets: ClassVar[tuple[str, ...]] = ("only",)

    def __init__(self, preset: str = "only") -> None:
        self.preset = check_preset(type(self), preset)
        choices = [Choice("depth", DEPTHS, ordered=True)]
        for layer in DEPTHS:
            deep = Condition("depth", DEPTHS[layer - 1 :])
            choices.append(Choice(f"width_{layer}", WIDTHS, condition=deep, ordered=True))
            choices.append(Choice(f"kernel_{layer}", KERNELS, condition=deep, ordered=True))
        self.choices = ChoiceSet("plain", 1, choices)
        self.warm_up = WarmUp(steps=200, batch_size=32, learning_rate=5e-3)

    @classmethod
    def tiny(cls) -> PlainSpace:
        """The only size there is: 84 architectures."""
        return cls()

    def build(self, architecture: Architecture, task: Task) -> Stack:
        """A freshly initialised network."""
        layers = range(1, int(architecture["depth"]) + 1)
        widths = [int(architecture[f"width_{layer}"]) for layer in layers]
        kernels = [int(architecture[f"kernel_{layer}"]) for layer in layers]
        return Stack(task.example(1).shape[1], widths, kernels, task.n_outputs)


class Stack(nn.Module):
    """Convolution, norm, ReLU, again and again; then the mean over the image."""

    def __init__(self, channels: int, widths: list[int], kernels: list[int], classes: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for width, kernel in zip(widths, kernels, strict=True):
            convolution = nn.Conv2d(channels, width, kernel, 2, kernel // 2, bias=False)
            self.layers.append(nn.Sequential(convolution, nn.BatchNorm2d(width)))
            channels = width
        self.head = nn.Linear(channels, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of images ``(B, C, H, W)``."""
        for layer in self.layers:
            images = torch.relu(layer(images))
        return self.head(images.mean((2, 3)))

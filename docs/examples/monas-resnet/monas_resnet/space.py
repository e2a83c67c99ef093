"""Residual networks for small pictures: choices, and how to build what they stand for.

He et al., Deep residual learning for image recognition, CVPR 2016, section 4.2: three stages, each
of half the resolution of the one before.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from monas_core.parts.space import SearchSpace, WarmUp, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture, Choice, Condition
from monas_core.values.choices import ChoiceSet

KERNELS, INNER = (3, 5), (0.5, 1.0)
DEPTHS = {"tiny": (1, 2), "small": (1, 2, 3)}
WIDTHS = {"tiny": ((4, 8), (8, 16)), "small": ((8, 12, 16), (16, 24, 32), (32, 48, 64))}


class ResNetSpace(SearchSpace):
    """By stage blocks and channels, by block a kernel and how wide it is inside.

    Options go from small to large: the first of each make the smallest network, the last the
    largest. A choice about a block counts only where there is such a block (``Condition``).
    """

    name: ClassVar[str] = "resnet"
    modalities: ClassVar[frozenset[str]] = frozenset({"image-classification"})
    presets: ClassVar[tuple[str, ...]] = ("tiny", "small")

    def __init__(self, preset: str = "small") -> None:
        self.preset = check_preset(type(self), preset)
        choices, depths = list[Choice](), DEPTHS[preset]
        for stage, widths in enumerate(WIDTHS[preset], 1):
            group = f"stage {stage}"
            choices.append(Choice(f"width_{stage}", widths, ordered=True, group=group))
            choices.append(Choice(f"depth_{stage}", depths, ordered=True, group=group))
            for block in depths:
                there = Condition(f"depth_{stage}", depths[block - 1 :])
                for what, options in (("kernel", KERNELS), ("inner", INNER)):
                    name = f"{what}_{stage}_{block}"
                    choices.append(Choice(name, options, there, ordered=True, group=group))
        self.choices = ChoiceSet("resnet", 1, choices)
        steps = {"tiny": 1000, "small": 2000}[preset]
        self.warm_up = WarmUp(steps=steps, batch_size=32, learning_rate=5e-3)

    @classmethod
    def tiny(cls) -> ResNetSpace:
        """The smallest preset, for the contracts: at most 20,000 architectures."""
        return cls("tiny")

    def build(self, architecture: Architecture, task: Task) -> ResNet:
        """A freshly initialised network."""
        stages: list[list[tuple[int, int, int]]] = []
        for stage in range(1, len(WIDTHS[self.preset]) + 1):
            width = int(architecture[f"width_{stage}"])
            blocks = [
                (
                    width,
                    int(width * float(architecture[f"inner_{stage}_{block}"])),
                    int(architecture[f"kernel_{stage}_{block}"]),
                )
                for block in range(1, int(architecture[f"depth_{stage}"]) + 1)
            ]
            stages.append(blocks)
        return ResNet(task.example(1).shape[1], stages, task.n_outputs)


class Block(nn.Module):
    """Two convolutions and a way around them, which is itself one where forms differ."""

    def __init__(self, channels: int, width: int, inner: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, inner, kernel, stride, kernel // 2, bias=False)
        self.first_norm = nn.BatchNorm2d(inner)
        self.second = nn.Conv2d(inner, width, kernel, 1, kernel // 2, bias=False)
        self.second_norm = nn.BatchNorm2d(width)
        self.around = nn.Conv2d(channels, width, 1, stride, bias=False) if stride > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, width, H / stride, W / stride)``."""
        skipped = x if self.around is None else self.around(x)
        y = torch.relu(self.first_norm(self.first(x)))
        return torch.relu(self.second_norm(self.second(y)) + skipped)


class ResNet(nn.Module):
    """A stem, stages of blocks, the mean over the picture, a linear layer."""

    def __init__(
        self, channels: int, stages: list[list[tuple[int, int, int]]], classes: int
    ) -> None:
        super().__init__()
        width = stages[0][0][0]
        self.stem = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        self.stages = nn.ModuleList()
        for stage, blocks in enumerate(stages):
            made: list[nn.Module] = []
            for block, (wide, inner, kernel) in enumerate(blocks):
                stride = 2 if stage and not block else 1
                made.append(Block(width, wide, inner, kernel, stride))
                width = wide
            self.stages.append(nn.Sequential(*made))
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of images ``(B, C, H, W)``."""
        x = torch.relu(self.stem_norm(self.stem(images)))
        for stage in self.stages:
            x = stage(x)
        return self.head(x.mean((2, 3)))

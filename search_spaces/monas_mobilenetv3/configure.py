"""From the answers of an architecture to the sizes of its network."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_mobilenetv3.model import BlockConfig, NetworkConfig
from monas_mobilenetv3.sizes import Sizes

Answer = Callable[[str], int]
"""From the name of a choice to its answer."""


def configure(
    architecture: Architecture, sizes: Sizes, channels: int, classes: int
) -> NetworkConfig:
    """Sizes of the network an architecture stands for."""
    answers = architecture.choices
    return _network(sizes, lambda name: cast("int", answers[name]), channels, classes)


def largest(sizes: Sizes, channels: int, classes: int) -> NetworkConfig:
    """Sizes of the network that contains all others; its norms keep no statistics."""
    ends = {
        "resolution": max(sizes.resolutions),
        "depth": max(sizes.depths),
        "kernel": max(sizes.kernels),
        "expand": max(sizes.expansions),
    }
    return _network(
        sizes, lambda name: ends[name.partition("_")[0]], channels, classes, tracking=False
    )


def channels_of(task: Task) -> int:
    """Channels of a task's images."""
    return task.example(1).shape[1]


def divisible(number: float, divisor: int = 8) -> int:
    """The nearest multiple of a divisor that is not 10 % less, as MobileNets round channels."""
    rounded = max(divisor, int(number + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * number else rounded


def middle_channels(inputs: int, expansion: int) -> int:
    """Channels inside a block."""
    return divisible(round(inputs * expansion))


def squeezed_channels(middle: int) -> int:
    """Channels of the bottleneck of squeeze-and-excitation: a quarter of the block's."""
    return divisible(middle // 4)


def _network(
    sizes: Sizes, answer: Answer, channels: int, classes: int, *, tracking: bool = True
) -> NetworkConfig:
    stem = divisible(sizes.stem * sizes.width)
    stages: list[tuple[BlockConfig, ...]] = []
    inputs = stem
    for number in range(len(sizes.stages)):
        blocks = _stage(sizes, number, inputs, answer)
        stages.append(blocks)
        inputs = blocks[-1].outputs
    wide, last = (divisible(width * sizes.width) for width in sizes.head)
    return NetworkConfig(
        resolution=answer("resolution"),
        channels=channels,
        stem=stem,
        stem_stride=sizes.stem_stride,
        first=BlockConfig(stem, stem, stem, 3, 1, 0, "relu", expanded=False),
        stages=tuple(stages),
        head=(wide, last),
        classes=classes,
        tracking=tracking,
    )


def _stage(sizes: Sizes, number: int, inputs: int, answer: Answer) -> tuple[BlockConfig, ...]:
    stage = sizes.stages[number]
    outputs = divisible(stage.width * sizes.width)
    blocks: list[BlockConfig] = []
    for block in range(answer(f"depth_{number}")):
        middle = middle_channels(inputs, answer(f"expand_{number}_{block}"))
        blocks.append(
            BlockConfig(
                inputs=inputs,
                middle=middle,
                outputs=outputs,
                kernel=answer(f"kernel_{number}_{block}"),
                stride=1 if block else stage.stride,
                squeeze=squeezed_channels(middle) if stage.squeeze else 0,
                activation=stage.activation,
            )
        )
        inputs = outputs
    return tuple(blocks)

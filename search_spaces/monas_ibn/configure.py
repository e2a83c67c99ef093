"""From the answers of an architecture to the sizes of its network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import product
from typing import cast

from monas_core.values.architecture import Architecture, Option
from monas_ibn.model import BlockConfig, NetworkConfig
from monas_ibn.sizes import GROUPED, OPERATIONS, Operation, Sizes

Answers = Mapping[str, Option]


def configure(
    architecture: Architecture, sizes: Sizes, channels: int, classes: int
) -> NetworkConfig:
    """Sizes of the network an architecture stands for."""
    answers = architecture.choices
    inputs = int(answers["filters_0"])
    blocks: list[BlockConfig] = []
    for number, group in enumerate(sizes.groups, start=1):
        outputs = int(answers[f"filters_{number}"])
        for block in range(group.blocks):
            if answers[f"op_{number}_{block}"] != "skip":
                stride = 1 if block else group.stride
                blocks.append(_block(answers, f"{number}_{block}", inputs, outputs, stride))
                inputs = outputs
    return NetworkConfig(
        channels=channels,
        stem=int(answers["stem"]),
        stem_kernel=int(answers["stem_kernel"]),
        stem_stride=sizes.stem_stride,
        entry=int(answers["filters_0"]),
        blocks=tuple(blocks),
        top=int(answers["top"]),
        classes=classes,
    )


def groups_of(operation: Operation, inputs: int, middle: int, size: int) -> int:
    """Groups of the spatial convolution: as few as leave at most ``size`` outputs in each.

    Where the size does not divide the channels there are more and smaller groups, so that every
    combination of answers is a network.
    """
    if operation == "depthwise":
        return middle
    if operation not in GROUPED:
        return 1
    divided = inputs if operation == "fused-grouped" else middle
    fewest = min(divided, -(-middle // size))
    return next(count for count in range(fewest, divided + 1) if divided % count == 0)


def weights_of(block: BlockConfig) -> int:
    """Number of weights of a block, norms included."""
    before = block.inputs if block.fused else block.middle
    spatial = block.middle * before // block.groups * block.kernel**2 + 2 * block.middle
    widening = 0 if block.fused else block.inputs * block.middle + 2 * block.middle
    return widening + spatial + block.middle * block.outputs + 2 * block.outputs


def end_answers(sizes: Sizes, *, largest: bool) -> dict[str, Option]:
    """Answers of the network with the fewest or the most weights.

    Which operation has most depends on the channels around it: a grouped convolution of all
    inner channels may outweigh a fused one of few outer channels.
    """
    end = max if largest else min
    answers: dict[str, Option] = {
        "stem": end(sizes.stems),
        "stem_kernel": end(sizes.stem_kernels),
        "filters_0": end(sizes.entry),
        "top": end(sizes.tops),
    }
    inputs = end(sizes.entry)
    for number, group in enumerate(sizes.groups, start=1):
        outputs = answers[f"filters_{number}"] = end(group.filters)
        for block in range(group.blocks):
            place = f"{number}_{block}"
            if block and not largest:
                answers[f"op_{place}"] = "skip"
                continue
            possible = _possible(place, sizes)
            answers |= end(possible, key=partial(_weights, place, inputs, outputs))
            inputs = outputs
    return answers


def _weights(place: str, inputs: int, outputs: int, answers: Answers) -> int:
    return weights_of(_block(answers, place, inputs, outputs, stride=1))


def _possible(place: str, sizes: Sizes) -> Iterator[dict[str, Option]]:
    """Every answer to the choices of one block that is there."""
    for operation, kernel, expansion, size in product(
        OPERATIONS[1:], sizes.kernels, sizes.expansions, sizes.group_sizes
    ):
        yield {
            f"op_{place}": operation,
            f"kernel_{place}": kernel,
            f"expand_{place}": expansion,
            f"size_{place}": size,
        }


def covering_answers(sizes: Sizes) -> Iterator[dict[str, Option]]:
    """Answers of networks that together have every weight.

    The same in all blocks, as much of everything as there is: how many channels share a grouped
    convolution depends on the operation, the expansion, the size and the channels before it.
    """
    largest = end_answers(sizes, largest=True)
    most = max(len(sizes.entry), *(len(group.filters) for group in sizes.groups))
    for operation, expansion, size, index in product(
        OPERATIONS[1:], sizes.expansions, sizes.group_sizes, reversed(range(most))
    ):
        answers = dict(largest)
        answers["filters_0"] = sizes.entry[min(index, len(sizes.entry) - 1)]
        for number, group in enumerate(sizes.groups, start=1):
            answers[f"filters_{number}"] = group.filters[min(index, len(group.filters) - 1)]
            for block in range(group.blocks):
                place = f"{number}_{block}"
                answers |= {f"op_{place}": operation, f"kernel_{place}": max(sizes.kernels)}
                answers |= {f"expand_{place}": expansion, f"size_{place}": size}
        yield answers


def _block(answers: Answers, place: str, inputs: int, outputs: int, stride: int) -> BlockConfig:
    operation = cast("Operation", answers[f"op_{place}"])
    middle = inputs * int(answers[f"expand_{place}"])
    size = int(answers[f"size_{place}"]) if operation in GROUPED else middle
    return BlockConfig(
        name=place,
        operation=operation,
        inputs=inputs,
        middle=middle,
        outputs=outputs,
        kernel=int(answers[f"kernel_{place}"]),
        stride=stride,
        groups=groups_of(operation, inputs, middle, size),
    )

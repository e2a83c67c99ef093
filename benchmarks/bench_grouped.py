"""Grouped convolutions on a modelled Edge TPU: where do they belong on the front, and what for?

First, of every inner block of the published network M: the share of grouped blocks on the front
of latency against capacity (parameters) among all of its operations, kernels and expansions.
Then whole stacks of such blocks, searched with equal evaluations with and without the grouped
operations: hypervolume of latency and capacity, and the share of grouped blocks on the front,
among blocks of few channels and of more than any group has. Nothing is trained: capacity stands
in for quality, as in the paper's first comparison.

Both again on two other devices. Where an unfilled array costs nothing (``lane_weight=0``), a
millisecond buys the same number of weights in any operation, and an operation is on the front
for the sizes it offers. The control is an array that no kernel fills (``lanes=1024``): a grouped
kernel then takes as long as a full one of the same width and has fewer weights, so that no
grouped block of many channels should be chosen.

    python benchmarks/bench_grouped.py --seeds 5
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import product
from statistics import mean, stdev
from typing import ClassVar

import numpy as np
import torch

from monas_core.bench.contest import default_embedding
from monas_core.catalog.lookup import Catalog
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.tracing.workload import Workload, trace
from monas_core.values.architecture import Architecture, Choice, Condition
from monas_core.values.budget import Budget, Meter
from monas_core.values.choices import ChoiceSet
from monas_core.values.front import Points, Scale, non_dominated
from monas_core.values.value import Direction, Split, Value
from monas_devices.roofline import Roofline
from monas_ibn.configure import groups_of
from monas_ibn.model import Block, BlockConfig
from monas_ibn.sizes import GROUPED, OPERATIONS, PRESETS, Operation
from monas_tables.space import TableSpace

PLAIN: tuple[Operation, ...] = tuple(
    operation for operation in OPERATIONS if operation not in GROUPED
)
SIZES = PRESETS["published"]
SIDES, WIDTHS = (56, 28, 14, 14, 7, 7), (64, 80, 160, 192, 240, 320)
"""Pixels and channels of the block groups of topology M at 224 pixels."""
DEVICES = ({}, {"lane_weight": 0.0}, {"lanes": 1024.0})
"""As modelled; where an unfilled array costs nothing; where no kernel fills it."""
Answers = tuple[Operation, int, int, int]
"""Operation, kernel, expansion, group size (0 where there are no groups)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--evaluations", type=int, default=200)
    words = parser.parse_args()
    torch.set_num_threads(1)
    catalog = Catalog.installed()
    tables = [dict(traced(*place)) for place in zip(WIDTHS, SIDES, strict=True)]
    for options in DEVICES:
        device = catalog.create("device", "edge-tpu", options)
        roof = Roofline.of(device.profile)
        costs = [{a: cost(roof, w) for a, w in table.items()} for table in tables]
        named = ", ".join(f"{name}={value:g}" for name, value in options.items())
        print(f"edge-tpu, {named or 'as modelled'}")
        print_blocks(costs)
        for allowed in (PLAIN, OPERATIONS):
            stack = Stack(allowed, costs)
            runs = [stack.search(catalog, device, words.evaluations, s) for s in range(words.seeds)]
            said = [f"{mean(c):.4f}±{stdev(c) if len(c) > 1 else 0:.4f}" for c in zip(*runs)]  # noqa: B905
            label = "with grouped" if allowed == OPERATIONS else "without"
            shares = f"grouped of few channels {said[1]}, of many {said[2]}"
            print(f"  {label:13} hypervolume {said[0]}, {shares}", flush=True)


def answers() -> Iterator[Answers]:
    """Of a block that is there."""
    for operation, kernel, expansion in product(OPERATIONS[1:], SIZES.kernels, SIZES.expansions):
        for size in SIZES.group_sizes if operation in GROUPED else (0,):
            yield operation, kernel, expansion, size


def traced(width: int, side: int) -> Iterator[tuple[Answers, Workload]]:
    """What every block of a width computes on a square image."""
    for operation, kernel, expansion, size in answers():
        middle = expansion * width
        groups = groups_of(operation, width, middle, size)
        config = BlockConfig("block", operation, width, middle, width, kernel, 1, groups)
        with torch.device("meta"):
            block = Block(config).eval()
        image = torch.empty(1, width, side, side, device="meta")
        yield (operation, kernel, expansion, size), trace(block, image)


def cost(roof: Roofline, workload: Workload) -> tuple[float, float]:
    """Milliseconds and millions of parameters."""
    return 1e3 * float(roof.costs([workload])[0][0]), workload.parameters / 1e6


def print_blocks(costs: Sequence[dict[Answers, tuple[float, float]]]) -> None:
    """The front of single blocks, stage by stage."""
    for width, side, table in zip(WIDTHS, SIDES, costs, strict=True):
        known = list(table)
        points = np.array([(latency, -capacity) for latency, capacity in table.values()])
        front = [known[place] for place in np.flatnonzero(non_dominated(points))]
        grouped = sum(operation in GROUPED for operation, *_ in front)
        ratios: dict[str, list[float]] = {}
        for (operation, *_), (latency, capacity) in table.items():
            ratios.setdefault(operation, []).append(latency / capacity)
        dear = ", ".join(f"{name} {min(r):.2f} to {max(r):.2f}" for name, r in ratios.items())
        print(
            f"  {side:2}x{side:2}x{width:3}: {grouped} of {len(front)} on the front are grouped; ",
            end="",
        )
        print(f"ms for a million weights: {dear}")


class Stack(TableSpace):
    """Inner blocks of every group one after the other; all but one of a group may be skipped.

    Args:
        allowed: Operations.
        costs: Milliseconds and parameters of the blocks of each group.
    """

    name: ClassVar[str] = "stack"

    def __init__(
        self,
        allowed: Sequence[Operation],
        costs: Sequence[dict[Answers, tuple[float, float]]],
    ) -> None:
        self.costs = costs
        self.places = [(g, b) for g, group in enumerate(SIZES.groups) for b in range(group.blocks)]
        choices: list[Choice] = []
        for place, (_, block) in enumerate(self.places):
            operations = tuple(o for o in allowed if block or o != "skip")
            there = Condition(f"op_{place}", tuple(o for o in operations if o != "skip"))
            condition = there if block else None
            grouped = tuple(o for o in operations if o in GROUPED)
            choices += [
                Choice(f"op_{place}", operations),
                Choice(f"kernel_{place}", SIZES.kernels, condition=condition, ordered=True),
                Choice(f"expand_{place}", SIZES.expansions, condition=condition, ordered=True),
            ]
            if grouped:
                within = Condition(f"op_{place}", grouped)
                options = SIZES.group_sizes
                choices.append(Choice(f"size_{place}", options, condition=within, ordered=True))
        super().__init__(ChoiceSet(f"stack of {len(allowed)}", 1, choices))

    @classmethod
    def tiny(cls) -> Stack:
        """Not for contracts."""
        raise NotImplementedError

    def blocks(self, architecture: Architecture) -> list[tuple[int, Answers]]:
        """Group and answers of every block that is there."""
        known = dict(architecture.answers)
        found: list[tuple[int, Answers]] = []
        for place, (group, _) in enumerate(self.places):
            operation = known[f"op_{place}"]
            if operation != "skip":
                kernel, expansion = known[f"kernel_{place}"], known[f"expand_{place}"]
                size = known[f"size_{place}"] if operation in GROUPED else 0
                found.append((group, (operation, kernel, expansion, size)))  # pyright: ignore
        return found

    def points(self, architectures: Sequence[Architecture]) -> Points:
        """Milliseconds and millions of parameters, ``(n, 2)``."""
        rows = [[self.costs[g][a] for g, a in self.blocks(each)] for each in architectures]
        return np.array([np.sum(row, axis=0) for row in rows])

    def search(
        self, catalog: Catalog, device: Device, count: int, seed: int
    ) -> tuple[float, float, float]:
        """Hypervolume of what NSGA-II evaluates, and grouped blocks' shares of its front.

        Among blocks of at most as many channels as a group may have, and of more.
        """
        context, meter = Context(self), Meter(Budget(count, "evaluations"))
        objectives = (Capacity(), Time())
        problem = Problem(
            context, objectives, (device,), Evaluator(context, objectives, meter),
            default_embedding(catalog).create(), meter,
        )  # fmt: skip
        optimizer = catalog.create("optimizer", "nsga2")
        optimizer.start(problem, torch.Generator().manual_seed(seed))
        while meter.left > 0 and not optimizer.step().finished:
            meter.steps += 1
        known = problem.evaluator.queried()
        points = self.points(known) * [1.0, -1.0]
        front = np.flatnonzero(non_dominated(points))
        used: tuple[list[bool], list[bool]] = ([], [])
        for place in front:
            for group, (operation, *_) in self.blocks(known[place]):
                many = WIDTHS[group] > max(SIZES.group_sizes)
                used[many].append(operation in GROUPED)
        return self.scale.hypervolume(points), mean(used[0]), mean(used[1])

    @property
    def scale(self) -> Scale:
        """From nothing at all to the slowest and the largest of all stacks of this device."""
        worst = [
            [max(pair[column] for pair in self.costs[group].values()) for group, _ in self.places]
            for column in (0, 1)
        ]
        return Scale([0.0, -sum(worst[1])], [sum(worst[0]), 0.0], reference=1.0)


class Summed(Objective):
    """A sum over the blocks of a stack."""

    column: ClassVar[int]

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """Looked up."""
        del device, split
        assert isinstance(context.space, Stack)
        found = context.space.points(architectures)[:, self.column].tolist()
        return [Value(number, self.unit, "modelled") for number in found]


class Capacity(Summed):
    """Parameters, which stand in for quality."""

    name, short, query, column = "capacity", "cap", True, 1
    unit: str = "M"
    direction: Direction = "max"


class Time(Summed):
    """Modelled latency."""

    name, short, column = "latency", "lat", 0
    unit: str = "ms"
    direction: Direction = "min"


if __name__ == "__main__":
    main()

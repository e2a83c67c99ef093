"""Do searches under limits deliver them, and is what they find better than chance?

On digits, with DARTS cells of the small preset: four limits on the number of weights in one run,
at even quantiles of random architectures. Costs that were expected, derived and delivered, with
and without the look-up of earlier passes, and with gates that are neither cooled nor left alone
first; accuracy of what the last pass delivered, trained alone, against the best of N random
networks within 10 % of its own size, N such that both take equal time, warm-up included. Then time
per step with and without the bottleneck. With --nb201 cells of NAS-Bench-201 are searched on
digits under limits on published latency, and published accuracies are compared.

    python benchmarks/bench_dca.py --seeds 3
    python benchmarks/bench_dca.py --seeds 3 --nb201 raspi4 --data-dir DIR
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import attrs
import torch
from torch import Tensor

from monas_cells.darts.options import Options
from monas_cells.darts.sizes import PRESETS
from monas_cells.darts.space import DartsSpace
from monas_core.bench.contest import default_embedding
from monas_core.catalog.lookup import Catalog
from monas_core.learning.two_levels import Rates, TwoLevels
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.parts.supernet import RelaxedSupernet
from monas_core.parts.task import Task
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.seeding import seeded_construction
from monas_core.updater import Updater
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.budget import Budget, Meter
from monas_core.values.value import Split, Value
from monas_lagrange.dca import DCA
from monas_lagrange.gradient_options import DCAOptions
from monas_tables.nb201 import NB201

LIMITS = 4
SIZE = 0.1
"""By how much a rival may be larger or smaller than what was found."""
WARM_UP, EVALUATIONS = 100, 14
PLAIN = "neither cooled nor left alone"


@attrs.frozen
class Found:
    """What one run says of one limit."""

    limit: float
    passes: Sequence[Mapping[str, float]]
    answer: Architecture
    cost: float


class Published(Objective):
    """Latency that NAS-Bench-201's tables have for a cell; predicted where they hold none.

    Predictions are linear in the operations of the edges, fitted to all cells of the tables.
    """

    name, short, unit, direction = "published latency", "lat", "ms", "min"

    def __init__(self, table: NB201, device: str) -> None:
        super().__init__()
        self.table, self.device = table, device
        choices, space = table.space.choices, table.space
        everything = population.encode(choices, list(choices.enumerate()))
        known = everything[space.available(everything)]
        cells = population.decode(choices, known)
        found = table.devices[device].cost("latency_ms", cells, Context(space))
        self.values = {cell.key: value for cell, value in zip(cells, found, strict=True)}
        latency = torch.tensor([[value.value] for value in found], dtype=torch.float64)
        self.weights = torch.linalg.lstsq(self._columns(known), latency, driver="gelsd").solution

    def _columns(self, rows: Tensor) -> Tensor:
        sizes = self.table.space.choices.sizes
        hot = [torch.nn.functional.one_hot(rows[:, i], size) for i, size in enumerate(sizes)]
        return torch.cat(hot, dim=1).double()

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """As tabulated."""
        del device, split, context
        cells = [in_table(self.table, a) for a in architectures]
        rows = population.encode(self.table.space.choices, cells)
        guessed = (self._columns(rows) @ self.weights).flatten().tolist()
        return [
            self.values.get(cell.key) or Value(max(guess, 1e-3), self.unit, "predicted")
            for cell, guess in zip(cells, guessed, strict=True)
        ]


def in_table(table: NB201, architecture: Architecture) -> Architecture:
    """The same cell as the tables name it."""
    answers = list(architecture.choices.values())
    names = [choice.name for choice in table.space.choices.choices]
    return table.space.choices.architecture(dict(zip(names, answers, strict=True)))


def trained(
    space: SearchSpace,
    task: Task,
    catalog: Catalog,
    steps: int,
    seed: int,
    trainer: str = "sandwich",
) -> Context:
    """A context with a supernet after a warm-up."""
    with seeded_construction(seed):
        context = Context(space, task, space.supernet(task))
    teacher = catalog.create("trainer", trainer)
    settings = attrs.evolve(space.warm_up, steps=steps)
    teacher.start(context, settings, torch.Generator().manual_seed(seed))
    while teacher.done < steps:
        teacher.step()
    assert context.supernet is not None
    context.supernet.eval()
    return context


def problem_of(context: Context, cost: Objective, catalog: Catalog, evaluations: int) -> Problem:
    """Accuracy and one cost, on a device that does not matter."""
    objectives = (catalog.create("objective", "acc", task=context.require_task()), cost)
    meter = Meter(Budget(evaluations, "evaluations"))
    device = catalog.create("device", "jetson-nano")
    return Problem(
        context=context,
        objectives=objectives,
        devices=(device,),
        evaluator=Evaluator(context, objectives, meter),
        embedding=default_embedding(catalog).create(),
        meter=meter,
    )


def searched(problem: Problem, options: DCAOptions, seed: int) -> list[Found]:
    """One run under all limits."""
    optimizer = DCA(options)
    optimizer.start(problem, torch.Generator().manual_seed(seed))
    while problem.meter.left > 0 and not optimizer.step().finished:
        problem.meter.steps += 1
    (device,), cost = problem.devices, problem.objectives[1]
    answers = population.decode(problem.choices, optimizer.landed[-1])
    values = problem.evaluator.estimates(cost, answers, device)
    return [
        Found(entry["limit"], entry["passes"], answer, value.value)
        for entry, answer, value in zip(
            optimizer.account[device.name], answers, values, strict=True
        )
    ]


def alone(context: Context, architecture: Architecture, steps: int, seed: int) -> float:
    """Accuracy in % on test data of a network trained from scratch."""
    task, space = context.require_task(), context.space
    with seeded_construction(seed):
        network = space.build(architecture, task)
    updater, generator = Updater(network, 5e-3, steps), torch.Generator().manual_seed(seed)
    for _ in range(steps):
        batch = task.batch("train", 32, generator)
        updater.update(task.loss(network(batch.inputs), batch.targets).mean())
    network.eval()
    return task.evaluate(network, "test")[task.score.name]


def of_size(problem: Problem, found: Found, count: int, seed: int) -> list[Architecture]:
    """Random architectures that are as large as one that was found, give or take 10 %."""
    generator, kept = torch.Generator().manual_seed(500 + seed), dict[Architecture, None]()
    for _ in range(60):
        rows = population.sample(problem.choices, 32, generator)
        asked = population.decode(problem.choices, rows)
        values = problem.evaluator.estimates(problem.objectives[1], asked, problem.devices[0])
        kept |= dict.fromkeys(
            a
            for a, v in zip(asked, values, strict=True)
            if abs(v.value / found.cost - 1) <= SIZE and a != found.answer
        )
        if len(kept) >= count:
            break
    return list(kept)[:count]


def on_digits(catalog: Catalog, seeds: Sequence[int], steps: int, training: int) -> None:
    task, space = catalog.create("task", "digits"), DartsSpace()
    usual = DCAOptions(steps=steps, passes=3, rounds=1, batch=2, targets=LIMITS, cost_samples=128)
    arms = {
        "with the look-up": attrs.evolve(usual, calibrate=True),
        "without": usual,
        PLAIN: attrs.evolve(usual, coldest=1.0, free=0.0),
    }
    runs: dict[str, list[list[Found]]] = {name: [] for name in arms}
    gains: list[tuple[float, float]] = []
    print(f"digits, DARTS cells, {LIMITS} limits on weights, 3 x {steps} steps, {training} alone")
    print("seed   limit   answer has   accuracy alone   random of its size: mean   best of N")
    for seed in seeds:
        begin = time.process_time()
        context = trained(space, task, catalog, WARM_UP, seed)
        warmed = time.process_time() - begin
        for name, options in arms.items():
            begin = time.process_time()
            cost = catalog.create("objective", "params", task=task)
            problem = problem_of(context, cost, catalog, EVALUATIONS)
            found = searched(problem, options, seed)
            spent = warmed + time.process_time() - begin
            runs[name].append(found)
            if options.calibrate:
                gains += compared(problem, found, spent, training, seed)
            else:
                own = [alone(context, each.answer, training, seed) for each in found]
                print(f"  {name}: " + ", ".join(f"{a:.1f}" for a in own), flush=True)
        summed_up(runs, gains)


def summed_up(
    runs: Mapping[str, Sequence[Sequence[Found]]], gains: Sequence[tuple[float, float]]
) -> None:
    """Over all seeds so far."""
    for what, values in zip(("mean", "best"), zip(*gains, strict=True), strict=True):
        spread = stdev(values) if len(values) > 1 else 0.0
        better = sum(value > 0 for value in values)
        print(
            f"accuracy less that of the {what} random network: {mean(values):+.2f} ± {spread:.2f} "
            f"points, better in {better} of {len(values)}"
        )
    for name, found in runs.items():
        shares = [each.cost / each.limit for run in found for each in run]
        kept = sum(share <= 1.05 for share in shares)
        print(
            f"{name}: {kept} of {len(shares)} answers within 1.05 of their limit, largest "
            f"{max(shares):.3f}, mean {mean(shares):.3f}"
        )
        for number in range(3):
            told = [each.passes[number] for run in found for each in run]
            limits = [each.limit for run in found for each in run]
            apart = [100 * abs(p["derived"] / p["expected"] - 1) for p in told]
            off = [100 * (p["derived"] / bound - 1) for p, bound in zip(told, limits, strict=True)]
            print(
                f"  pass {number + 1}: derived off what was expected by {mean(apart):.0f} %, off "
                f"the limit by {mean(map(abs, off)):.0f} %, more than 5 % above it "
                f"{sum(e > 5 for e in off)} of {len(off)}",
                flush=True,
            )


def compared(
    problem: Problem, run: Sequence[Found], spent: float, training: int, seed: int
) -> list[tuple[float, float]]:
    """Points by which answers, trained alone, beat random ones of their size: mean and best."""
    gains: list[tuple[float, float]] = []
    for found in run:
        begin = time.process_time()
        own = alone(problem.context, found.answer, training, seed)
        each = time.process_time() - begin
        count = max(1, round((spent / len(run) + each) / each))
        rivals = of_size(problem, found, count, seed)
        reached = [alone(problem.context, rival, training, seed) for rival in rivals]
        if reached:
            gains.append((own - mean(reached), own - max(reached)))
            print(
                f"{seed:4d} {found.limit:7.0f} {found.cost:12.0f} {own:16.2f} {mean(reached):26.2f}"
                f" {max(reached):11.2f} (N = {len(reached)})",
                flush=True,
            )
    return gains


def timed(task: Task, channels: int, options: Options, batch: int) -> float:
    """Seconds of one step of weights and one of gates."""
    sizes = attrs.evolve(PRESETS["small"], channels=channels)
    whole = DartsSpace(sizes=sizes, options=options)
    space = whole.proxy or whole
    supernet = space.supernet(task)
    assert isinstance(supernet, RelaxedSupernet)
    levels = TwoLevels(
        supernet, task, space.choices, 1, Rates(batch, 1e-3, 10, 1e-2), torch.Generator()
    )
    seconds: list[float] = []
    for _ in range(4):
        begin = time.process_time()
        levels.train_weights()
        levels.move_gates(lambda mixed: 0.0 * mixed.weights.sum())
        seconds.append(time.process_time() - begin)
    return median(seconds[1:])


def on_time(catalog: Catalog) -> None:
    task, batch = catalog.create("task", "digits"), 32
    settings = (Options(), Options(bottleneck=4), Options(partial=4))
    images = int(task.describe().get("train images", 0) or 1078)
    print(f"CPU seconds per epoch of {images} images: weights and gates")
    for channels in (8, 32):
        cells = [images / batch * timed(task, channels, option, batch) for option in settings]
        print(
            f"  {channels:2d} channels: whole {cells[0]:.1f}, bottleneck 4 {cells[1]:.1f} "
            f"({cells[1] / cells[0]:.2f}), partial 4 {cells[2]:.1f} ({cells[2] / cells[0]:.2f})",
            flush=True,
        )


def on_nb201(catalog: Catalog, folder: Path, device: str, seeds: Sequence[int], steps: int) -> None:
    table = catalog.create("benchmark", "nb201", data=folder)
    task, space = catalog.create("task", "digits"), catalog.create("space", "nasbench201")
    cost = Published(table, device)
    options = DCAOptions(steps=steps, passes=3, rounds=1, batch=2, targets=LIMITS, cost_samples=192)
    everything = list(table.space.choices.enumerate())
    usable = table.space.available(population.encode(table.space.choices, everything))
    known = [a for a, there in zip(everything, usable.tolist(), strict=True) if there]
    blank = Context(table.space)
    accuracy = [v.value for v in table.objectives[0].evaluate(known, None, blank, "final")]
    latency = [v.value for v in table.devices[device].cost("latency_ms", known, blank)]
    rank = dict(zip(known, accuracy, strict=True))
    print(f"NAS-Bench-201 searched on digits under limits on {device}; CIFAR-10 test accuracy in %")
    print("limit in ms   answer: latency   accuracy   best within   median within")
    for seed in seeds:
        context = trained(space, task, catalog, WARM_UP, seed)
        for found in searched(problem_of(context, cost, catalog, EVALUATIONS), options, seed):
            pairs = zip(accuracy, latency, strict=True)
            within = sorted(a for a, ms in pairs if ms <= found.limit and a > 11.0)
            own = rank.get(in_table(table, found.answer))
            said = f"{own:10.2f}" if own is not None else "no value"
            print(
                f"{found.limit:11.2f} {found.cost:17.2f} {said:>10} {within[-1]:13.2f} "
                f"{median(within):15.2f}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--steps", type=int, default=30, help="of the gates in one pass")
    parser.add_argument("--training", type=int, default=300, help="steps of a network alone")
    parser.add_argument("--nb201", default="", help="a device of the tables")
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MONAS_DATA"))
    parser.add_argument("--time", action="store_true", help="time per step alone")
    words: Any = parser.parse_args()
    torch.set_num_threads(1)
    seeds = range(words.first, words.first + words.seeds)
    catalog = Catalog.installed()
    if words.nb201:
        if words.data_dir is None:
            parser.error("name the folder of the published tables with --data-dir or MONAS_DATA")
        on_nb201(catalog, Path(words.data_dir), words.nb201, seeds, words.steps)
        return
    if not words.time:
        on_digits(catalog, seeds, words.steps, words.training)
    on_time(catalog)


if __name__ == "__main__":
    main()

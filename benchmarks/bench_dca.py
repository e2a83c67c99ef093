"""Do searches under limits deliver them, and is what they find better than chance?

On digits, with DARTS cells of the small preset: four limits on the number of weights in one run,
at even quantiles of random architectures. What was delivered by the gates themselves and by the
answer, with and without the look-up of earlier passes; accuracy of the answer, trained alone,
against the best of N random networks of the same size, N such that both take equal time. Then
time per step with and without the bottleneck. With --nb201 cells of NAS-Bench-201 are searched on
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
from monas_core.values.constraint import Constraint
from monas_core.values.preference import Preference
from monas_core.values.value import Split, Value
from monas_core.values.wish import Wish
from monas_lagrange.dca import DCA
from monas_lagrange.gradient_options import DCAOptions
from monas_tables.nb201 import NB201

LIMITS = 4
MOST_RANDOM = 4
WARM_UP, EVALUATIONS = 100, 14


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
    delivered = [population.decode(problem.choices, rows) for rows in optimizer.landed]
    names = [objective.short for objective in problem.objectives]
    found: list[Found] = []
    for number, entry in enumerate(optimizer.account[device.name]):
        limit = Constraint(cost.short, "max", entry["limit"])
        best = Wish(Preference.normalised({names[0]: 1.0}, names), (limit,))
        kept = [
            members[number]
            for members, said in zip(delivered, entry["passes"], strict=True)
            if said["delivered"] <= limit.bound
        ]
        # what the gates of the last pass under the limit stand for; else of all that was evaluated
        answer = kept[-1] if kept else optimizer.propose(device, [best])[0]
        (value,) = problem.evaluator.estimates(cost, [answer], device)
        found.append(Found(entry["limit"], entry["passes"], answer, value.value))
    return found


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
    """Random architectures that are as large as one that was found, and within its limit."""
    generator, kept = torch.Generator().manual_seed(500 + seed), dict[Architecture, None]()
    low, high = min(found.cost, 0.95 * found.limit) * 0.97, max(found.limit, found.cost)
    for _ in range(60):
        rows = population.sample(problem.choices, 32, generator)
        asked = population.decode(problem.choices, rows)
        values = problem.evaluator.estimates(problem.objectives[1], asked, problem.devices[0])
        kept |= dict.fromkeys(
            a for a, v in zip(asked, values, strict=True) if low <= v.value <= high
        )
        if len(kept) >= count:
            break
    return list(kept)[:count]


def errors(runs: Sequence[Sequence[Found]], number: int) -> list[float]:
    """By how many % the gates of a pass missed their limits, over and under."""
    each = [found.passes[number]["delivered"] / found.limit for run in runs for found in run]
    return [100 * (share - 1) for share in each]


def on_digits(catalog: Catalog, seeds: Sequence[int], steps: int, training: int) -> None:
    task, space = catalog.create("task", "digits"), DartsSpace()
    options = DCAOptions(steps=steps, passes=3, rounds=1, batch=2, targets=LIMITS, cost_samples=128)
    runs: dict[bool, list[list[Found]]] = {True: [], False: []}
    gains: list[float] = []
    print(
        f"digits, DARTS cells, {LIMITS} limits on weights, seeds {list(seeds)}, 3 x {steps} steps"
    )
    print("limit   answer has   accuracy alone   random of its size: mean   best of N")
    for seed in seeds:
        context = trained(space, task, catalog, WARM_UP, seed)
        for calibrate in (True, False):
            begin = time.process_time()
            problem = problem_of(
                context, catalog.create("objective", "params", task=task), catalog, EVALUATIONS
            )
            found = searched(problem, attrs.evolve(options, calibrate=calibrate), seed)
            spent = time.process_time() - begin
            runs[calibrate].append(found)
            if calibrate:
                gains += compared(problem, found, spent, training, seed)
        summed_up(runs, gains)


def summed_up(runs: Mapping[bool, Sequence[Sequence[Found]]], gains: Sequence[float]) -> None:
    """Over all seeds so far."""
    print(f"after {len(runs[True])} seeds")
    answers = [found.cost / found.limit for run in runs[True] for found in run]
    kept = sum(share <= 1.05 for share in answers)
    print(
        f"answers within 1.05 of their limit: {kept} of {len(answers)}, largest {max(answers):.3f}"
    )
    spread = stdev(gains) if len(gains) > 1 else 0.0
    print(f"accuracy minus that of the best random: {mean(gains):+.2f} ± {spread:.2f} points")
    print("gates themselves, delivered against limit in %, median of absolute error (mean, over)")
    for calibrate, name in ((True, "look-up"), (False, "without")):
        for number in range(3):
            missed = errors(runs[calibrate], number)
            off, over = [abs(e) for e in missed], sum(e > 5 for e in missed)
            print(
                f"  {name:8} pass {number + 1}: {median(off):5.1f} ({mean(off):5.1f}, "
                f"{over} of {len(missed)} more than 5 % over)",
                flush=True,
            )


def compared(
    problem: Problem, run: Sequence[Found], spent: float, training: int, seed: int
) -> list[float]:
    """Points by which answers, trained alone, beat the best of N random ones of their size."""
    gains: list[float] = []
    for found in run:
        begin = time.process_time()
        own = alone(problem.context, found.answer, training, seed)
        each = time.process_time() - begin
        count = max(1, min(MOST_RANDOM, round((spent / len(run) + each) / each)))
        rivals = of_size(problem, found, count, seed)
        reached = [alone(problem.context, rival, training, seed) for rival in rivals]
        if reached:
            gains.append(own - max(reached))
            print(
                f"{found.limit:6.0f} {found.cost:8.0f} {own:14.2f} {mean(reached):20.2f} "
                f"{max(reached):20.2f} (N = {len(reached)})",
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
    parser.add_argument("--steps", type=int, default=40, help="of the gates in one pass")
    parser.add_argument("--training", type=int, default=100, help="steps of a network alone")
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

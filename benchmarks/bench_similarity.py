"""What a third objective, diversity of cost, is worth: NAS-Bench-201's table on six devices.

NSGA-II in generations of 20 with accuracy and latency, and with the guide ``diversity`` beside
them, equally many evaluations, accuracy as it is or with noise: as a proxy would rank networks.
By setting, means and deviations over seeds and devices: mean chi of the first and the last
population in units of the first one's, best true accuracy in the last population, hypervolume
of the last population and of everything evaluated. Then one such search against nine
constrained searches that together evaluate as many.

    python benchmarks/bench_similarity.py --data-dir DIR --seeds 10

With --cells N it asks another question: how similarity to a trained network ranks N random cells,
built and never trained, beside their published accuracies, next to what needs no training either.

    python benchmarks/bench_similarity.py --data-dir DIR --cells 40 --task digits --seeds 2
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any, ClassVar

import attrs
import numpy as np
import torch
from bench_inherited import trained_alone
from bench_nb201_supernet import published
from ranks import kendall

from monas_cells.nasbench201.strings import from_string
from monas_core.bench.attempt import pose
from monas_core.catalog.lookup import Catalog
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.space import taps_of
from monas_core.parts.teacher import Teacher
from monas_core.problem.benchmark import Benchmark
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.guide import Guide
from monas_core.problem.problem import Problem
from monas_core.record.config import load_config
from monas_core.running.resolving import resolve
from monas_core.seeding import derived_generator
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.budget import Budget
from monas_core.values.constraint import Constraint
from monas_core.values.front import Points
from monas_core.values.value import Split, Value
from monas_guides.diversity import Diversity, spread
from monas_similarity.nwot import Distinctness
from monas_similarity.options import SimilarityOptions
from monas_similarity.similarity import Similarity
from monas_similarity.synflow import SynapticFlow

DEVICES = ("raspi4", "pixel3", "fpga", "edgegpu", "gold_6240", "1080ti_1")
POPULATION = 20
SHARES = tuple(n / 10 for n in range(1, 10))
"""Nine limits, as quantiles of the latencies of random cells."""


class Nothing(Guide):
    """Steers nothing: the same generations with the objectives alone."""

    name: ClassVar[str] = "nothing"

    def columns(self, objectives: Sequence[Objective], points: Points) -> Points:
        """No column."""
        del objectives
        return points[:, :0]


class Proxy(Objective):
    """An accuracy with noise that belongs to the architecture, on search data alone.

    Args:
        true: Without noise.
        deviation: Of the noise, in the unit of accuracy.
    """

    query: ClassVar[bool] = True

    def __init__(self, true: Objective, deviation: float) -> None:
        self._true, self._deviation = true, deviation
        for name in ("name", "short", "unit", "direction", "score"):
            setattr(self, name, getattr(true, name))

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """The accuracy, moved."""
        found = self._true.evaluate(architectures, device, context, split)
        if split == "final":
            return found
        return [
            attrs.evolve(value, value=value.value + self._deviation * _noise(architecture))
            for value, architecture in zip(found, architectures, strict=True)
        ]


def _noise(architecture: Architecture) -> float:
    return float(torch.randn((), generator=derived_generator(0, "proxy", architecture.key)))


class Course:
    """The table as a problem on one device."""

    def __init__(self, catalog: Catalog, benchmark: Benchmark, device: str, noise: float) -> None:
        self.catalog, self.benchmark, self.noise = catalog, benchmark, noise
        self.device = benchmark.devices[device]
        self.scale = benchmark.scale(self.device)

    def pose(self, count: int, guides: tuple[Guide, ...] = ()) -> Problem:
        """A fresh problem."""
        posed = pose(Budget.parse(f"{count}evals"), self.benchmark, [self.device], self.catalog)
        objectives = (Proxy(posed.objectives[0], self.noise), *posed.objectives[1:])
        evaluator = Evaluator(posed.context, objectives, posed.meter)
        return attrs.evolve(posed, objectives=objectives, evaluator=evaluator, guides=guides)

    def true(self, problem: Problem, found: Sequence[Architecture]) -> Points:
        """Minimised accuracy of the verdict, and latency, ``(n, 2)``."""
        quality = problem.evaluator.values(problem.objectives[0], found, None, "final")
        cost = problem.evaluator.estimates(problem.objectives[1], found, self.device)
        pairs = zip(quality, cost, strict=True)
        return np.array([[-q.value, c.value] for q, c in pairs])

    def search(self, guide: Guide, count: int, seed: int) -> dict[str, Any]:
        """What the module says of one search."""
        problem = self.pose(count, (guide,))
        options = {"population": POPULATION, "batch": POPULATION}
        optimizer = self.catalog.create("optimizer", "nsga2", options)
        optimizer.start(problem, torch.Generator().manual_seed(seed))
        chi: list[float] = []
        alive: list[int] = []
        while problem.meter.left > 0 and not optimizer.step().finished:
            places = optimizer.state_dict()["alive"]["alive"].get(self.device.name)
            if places:
                alive = places
                everything = problem.evaluator.queried()
                costs = problem.evaluator.estimates(
                    problem.objectives[1], [everything[p] for p in alive], self.device
                )
                chi.append(float(spread(np.array([c.value for c in costs])).mean()))
        everything = problem.evaluator.queried()
        points = self.true(problem, everything)
        last = points[alive]
        return {
            "chi": chi,
            "best": float(-last[:, 0].min()),
            "volume": self.scale.hypervolume(last),
            "archive": self.scale.hypervolume(points),
            "points": points,
            "judged": problem.evaluator.matrix(everything, self.device).numpy(),
        }

    def constrained(self, count: int, seed: int, limit: float) -> float:
        """True accuracy of what a search under one limit takes for the best."""
        bound = Constraint(self.benchmark.objectives[1].short, "max", limit)
        problem = attrs.evolve(self.pose(count), limits=(bound,))
        optimizer = self.catalog.create("optimizer", "constrained-ea", {})
        optimizer.start(problem, torch.Generator().manual_seed(seed))
        while problem.meter.left > 0 and not optimizer.step().finished:
            problem.meter.steps += 1
        everything = problem.evaluator.queried()
        judged = problem.evaluator.matrix(everything, self.device).numpy()
        return within(judged, self.true(problem, everything), limit)

    def limits(self) -> list[float]:
        """Latencies, in milliseconds."""
        problem = self.pose(1)
        rows = problem.draw(2000, torch.Generator().manual_seed(7))
        found = population.decode(problem.choices, rows)
        costs = problem.evaluator.estimates(problem.objectives[1], found, self.device)
        return np.quantile([cost.value for cost in costs], SHARES).tolist()


def within(judged: Points, true: Points, limit: float) -> float:
    """True accuracy of what is judged best within a limit; not a number where nothing is."""
    inside = np.flatnonzero(judged[:, 1] <= limit)
    return float(-true[inside[judged[inside, 0].argmin()], 0]) if len(inside) else float("nan")


def said(values: Sequence[float], digits: int = 2) -> str:
    """Mean and standard deviation."""
    known = [value for value in values if value == value]
    deviation = stdev(known) if len(known) > 1 else 0.0
    return f"{mean(known):.{digits}f}±{deviation:.{digits}f}"


def compare(courses: Sequence[Course], seeds: int, count: int) -> Mapping[str, list[Any]]:
    """Both searches on all devices and seeds, printed."""
    found: dict[str, list[Any]] = {"2": [], "3": []}
    for course in courses:
        for seed in range(seeds):
            found["2"].append(course.search(Nothing(), count, seed))
            found["3"].append(course.search(Diversity(), count, seed))
    for name, runs in found.items():
        grown = [run["chi"][-1] / run["chi"][0] for run in runs if run["chi"][0] > 0]
        cells = [
            f"chi last/first {said(grown)}",
            f"best accuracy {said([run['best'] for run in runs])}",
            f"hypervolume of population {said([run['volume'] for run in runs], 4)}",
            f"of archive {said([run['archive'] for run in runs], 4)}",
        ]
        print(f"  {name} objectives: " + ", ".join(cells), flush=True)
    for key, digits in (("best", 2), ("volume", 4), ("archive", 4)):
        gain = [b[key] - a[key] for a, b in zip(found["2"], found["3"], strict=True)]
        print(f"  3 less 2, {key}: {said(gain, digits)}, better {sum(g > 0 for g in gain)}", end="")
        print(f" and worse {sum(g < 0 for g in gain)} of {len(gain)}")
    last = min(len(run["chi"]) for runs in found.values() for run in runs)
    for name, runs in found.items():
        course = [np.mean([run["chi"][g] / run["chi"][0] for run in runs]) for g in range(last)]
        print(f"  chi by generation, {name} objectives: {np.round(course, 2).tolist()}")
    return found


def against_nine(
    courses: Sequence[Course], found: Mapping[str, list[Any]], seeds: int, count: int
) -> None:
    """One search less nine, at each of nine limits."""
    gains: list[list[float]] = [[] for _ in SHARES]
    for place, course in enumerate(courses):
        for number, limit in enumerate(course.limits()):
            for seed in range(seeds):
                one = found["3"][place * seeds + seed]
                nine = course.constrained(count // len(SHARES), seed, limit)
                gains[number].append(within(one["judged"], one["points"], limit) - nine)
    print("  one search less nine, true accuracy at limits of rising latency: ", end="")
    print("  ".join(said(column) for column in gains), flush=True)


def rank_cells(folder: Path, words: argparse.Namespace) -> None:
    """Kendall's tau with the published accuracy on CIFAR-10, of each way, by seed."""
    asked = {"space": "nasbench201", "task": words.task, "objectives": ["acc"]}
    plan = resolve(load_config(None, {**asked, "torch_device": "cpu"}), Catalog.installed())
    found: dict[str, list[float]] = {}
    for seed in range(words.seeds):
        rows = published(folder, words.cells, seed)
        cells = [from_string(plan.space.choices, str(row["arch_str"])) for row in rows]
        true = [float(row["c10_test_acc"]) for row in rows]
        seeded = attrs.evolve(plan, config=attrs.evolve(plan.config, seed=seed))
        largest = plan.space.ends().largest
        network = trained_alone(seeded, largest, words.teacher)
        teacher = Teacher(network, taps_of(plan.space, largest), "largest")
        context = Context(plan.space, plan.task, teacher=lambda teacher=teacher: teacher)
        ways: Mapping[str, Objective] = {
            "similarity": Similarity(options=SimilarityOptions(steps=words.fit)),
            "synflow": SynapticFlow(plan.task),
            "nwot": Distinctness(),
        }
        for name, way in ways.items():
            values = [value.value for value in way.evaluate(cells, None, context)]
            found.setdefault(name, []).append(kendall(values, true))
        sizes = [float(row["params_m_c10"]) for row in rows]
        found.setdefault("parameters", []).append(kendall(sizes, true))
        print(f"  seed {seed}: {min(true):.1f} to {max(true):.1f} % published", flush=True)
    print(f"{words.cells} cells, networks and teacher ({words.teacher} steps) on {words.task}:")
    for name, taus in found.items():
        print(f"  Kendall {said(taus)}  {name} ({', '.join(f'{tau:.2f}' for tau in taus)})")


def main() -> None:
    """Compare with and without noise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MONAS_DATA"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--evaluations", type=int, default=200)
    parser.add_argument("--devices", default=",".join(DEVICES))
    parser.add_argument("--noise", type=float, nargs="+", default=[0.0, 3.0])
    parser.add_argument("--nine", action="store_true", help="also against nine searches")
    parser.add_argument("--cells", type=int, help="rank so many untrained cells instead")
    parser.add_argument("--task", default="digits", help="of their networks")
    parser.add_argument("--teacher", type=int, default=800, help="steps of the largest network")
    parser.add_argument("--fit", type=int, default=20, help="steps on one batch before comparing")
    words = parser.parse_args()
    if words.data_dir is None:
        parser.error("name the folder of the published tables with --data-dir or MONAS_DATA")
    torch.set_num_threads(1)
    if words.cells:
        rank_cells(Path(words.data_dir), words)
        return
    catalog = Catalog.installed()
    benchmark = catalog.create("benchmark", "nb201", data=words.data_dir)
    names = words.devices.split(",")
    print(f"nb201 on {len(names)} devices, {words.seeds} seeds, {words.evaluations} evaluations")
    for noise in words.noise:
        print(f"noise of {noise:g} points:")
        courses = [Course(catalog, benchmark, name, noise) for name in names]
        found = compare(courses, words.seeds, words.evaluations)
        if words.nine:
            against_nine(courses, found, words.seeds, words.evaluations)


if __name__ == "__main__":
    main()

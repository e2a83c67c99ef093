"""Once-for-All's table: one front against one evolutionary search per limit, equally dear.

Three tables, means and standard deviations over seeds: accuracy of the best network within each
limit, as the front's less the search's for that limit; hypervolumes of the multi-objective
searches, of random search, and of a search among predicted networks, which evaluates a third as
many; CPU seconds of the latter.

``separate`` gives each limit a search of its own with an equal share of the evaluations, as the
paper's comparison does; ``shared`` lets the searches know what the others evaluated.

    python benchmarks/bench_ofa2.py --data-dir DIR --seeds 5
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import attrs
import numpy as np
import torch

from monas_core.bench.attempt import pose
from monas_core.catalog.lookup import Catalog
from monas_core.problem.benchmark import Benchmark
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.budget import Budget
from monas_core.values.constraint import Constraint
from monas_core.values.front import Points

FRONTS = ("nsga2", "sms-emoa", "spea2")
SHARES = (0.1, 0.25, 0.4, 0.55, 0.7, 0.9)
"""Limits, as quantiles of the latencies of random networks."""
FEWER = 3
"""The search among predicted networks gets so many times fewer evaluations."""
Options = Mapping[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MONAS_DATA"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--evaluations", type=int, default=1000)
    parser.add_argument("--device", default="")
    parser.add_argument("--candidates", type=int, default=100_000, help="to be predicted; 0: none")
    words = parser.parse_args()
    if words.data_dir is None:
        parser.error("name the folder of the published tables with --data-dir or MONAS_DATA")
    torch.set_num_threads(1)
    catalog = Catalog.installed()
    benchmark = catalog.create("benchmark", "ofa", data=words.data_dir)
    course = Course(catalog, benchmark, words.device or benchmark.search_devices[0])
    limits = course.limits()
    count = words.evaluations
    print(f"ofa on {course.device}, {count} evaluations in all, {words.seeds} seeds", flush=True)
    foreseen: Options = {"quality": "predictor", "candidates": words.candidates}
    found: dict[str, list[Points]] = {name: [] for name in (*FRONTS, "random", "predictor")}
    seconds: list[float] = []
    rivals: dict[str, list[list[float]]] = {"separate": [], "shared": []}
    for seed in range(words.seeds):
        for name in (*FRONTS, "random"):
            found[name].append(course.search(name, {}, count, seed))
        if words.candidates:
            begin = time.process_time()
            found["predictor"].append(course.search("nsga2", foreseen, count // FEWER, seed))
            seconds.append(time.process_time() - begin)
        separate = [
            course.search("constrained-ea", {}, count // len(limits), seed, limit)
            for limit in limits
        ]
        rivals["separate"].append(
            [best_within(points, limit) for points, limit in zip(separate, limits, strict=True)]
        )
        shared = course.search("constrained-ea", {"limits": len(limits)}, count, seed)
        rivals["shared"].append([best_within(shared, limit) for limit in limits])
    print_limits(found, rivals, limits)
    print_volumes(found, course)
    print(
        f"predictor: {count // FEWER} evaluations, {words.candidates} networks judged a round; ",
        end="",
    )
    print(f"{said(seconds, 1)} CPU seconds for the whole search")


class Course:
    """The table as a problem on one device."""

    def __init__(self, catalog: Catalog, benchmark: Benchmark, device: str) -> None:
        self.catalog, self.benchmark, self.device = catalog, benchmark, device
        self.scale = benchmark.scale(benchmark.devices[device])

    def pose(self, count: int) -> Problem:
        """A fresh problem."""
        budget = Budget.parse(f"{count}evals")
        return pose(budget, self.benchmark, [self.benchmark.devices[self.device]], self.catalog)

    def limits(self) -> list[float]:
        """Latencies, in milliseconds."""
        problem = self.pose(1)
        rows = problem.draw(2000, torch.Generator().manual_seed(7))
        found = population.decode(problem.choices, rows)
        latency = problem.evaluator.estimates(problem.objectives[1], found, problem.devices[0])
        return np.quantile([value.value for value in latency], SHARES).tolist()

    def search(
        self, name: str, options: Options, count: int, seed: int, limit: float | None = None
    ) -> Points:
        """Error and latency of everything evaluated, ``(n, 2)``."""
        problem = self.pose(count)
        if limit is not None:
            bound = Constraint(problem.objectives[1].short, "max", limit)
            problem = attrs.evolve(problem, limits=(bound,))
        optimizer = self.catalog.create("optimizer", name, dict(options or {}))
        optimizer.start(problem, torch.Generator().manual_seed(seed))
        while problem.meter.left > 0 and not optimizer.step().finished:
            problem.meter.steps += 1
        queried = problem.evaluator.queried()
        return problem.evaluator.matrix(queried, problem.devices[0]).numpy()


def print_limits(
    found: Mapping[str, Sequence[Points]],
    rivals: Mapping[str, Sequence[Sequence[float]]],
    limits: Sequence[float],
) -> None:
    """Accuracy at each limit: nsga2's own, and by how much it is above each rival."""
    print("limit ms, accuracy of nsga2; its lead over separate, shared; lead of random, predictor")
    for place, limit in enumerate(limits):
        front = [best_within(points, limit) for points in found["nsga2"]]
        cells = [said(front)]
        for kind in ("separate", "shared"):
            others = [row[place] for row in rivals[kind]]
            cells.append(said([a - b for a, b in zip(front, others, strict=True)]))
        for name in ("random", "predictor"):
            others = [best_within(points, limit) for points in found[name]]
            if others:
                cells.append(said([b - a for a, b in zip(front, others, strict=True)]))
        print(f"{limit:8.2f}  " + "   ".join(f"{cell:13}" for cell in cells))


def print_volumes(found: Mapping[str, Sequence[Points]], course: Course) -> None:
    """Hypervolume of everything evaluated, as a share of the box of the problem's scale."""
    for name, runs in found.items():
        if not runs:
            continue
        print(f"hypervolume {name:10} {said([course.scale.hypervolume(p) for p in runs], 4)}")


def said(values: Sequence[float], digits: int = 2) -> str:
    """Mean and standard deviation."""
    spread = stdev(values) if len(values) > 1 else 0.0
    return f"{mean(values):+.{digits}f}±{spread:.{digits}f}"


def best_within(points: Points, limit: float) -> float:
    """Accuracy of the best network within a limit; not a number where there is none."""
    within = points[points[:, 1] <= limit]
    return float(-within[:, 0].min()) if len(within) else float("nan")


if __name__ == "__main__":
    main()

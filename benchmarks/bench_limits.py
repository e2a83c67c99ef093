"""What it is worth that a search knows its limit: against the same search filtered afterwards.

A third of random networks meets the limit on latency. Both searches evaluate as many networks;
of the unlimited one those answers count that happen to meet the limit, asked for once as the
search is and once with the limit in the wish. Hypervolumes of the answers that meet it, final
values, on the problem's own scale; mean and standard deviation over seeds and devices.

    python benchmarks/bench_limits.py --data-dir DIR --seeds 3 --evaluations 60
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from statistics import mean, stdev

import attrs
import numpy as np
import torch

from monas_core.bench.attempt import lattice_within, pose, search
from monas_core.bench.contest import ANSWERS
from monas_core.bench.judge import Judge
from monas_core.catalog.lookup import Catalog
from monas_core.parts.device import Device
from monas_core.problem.benchmark import Benchmark
from monas_core.problem.feasibility import total_misses
from monas_core.values import population
from monas_core.values.budget import Budget
from monas_core.values.constraint import Constraint
from monas_core.values.wish import wishes

WAYS = ("limited", "filtered", "wished")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MONAS_DATA"))
    parser.add_argument("--problem", default="ofa")
    parser.add_argument("--optimizers", default="modnas,nsga2,qnehvi")
    parser.add_argument("--devices", type=int, default=1, help="how many, one after the other")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--evaluations", type=int, default=60)
    parser.add_argument("--share", type=float, default=1 / 3, help="of random networks within")
    words = parser.parse_args()
    if words.data_dir is None:
        parser.error("name the folder of the published tables with --data-dir or MONAS_DATA")
    torch.set_num_threads(1)
    catalog = Catalog.installed()
    benchmark = catalog.create("benchmark", words.problem, data=words.data_dir)
    names = benchmark.search_devices[: words.devices]
    print(f"{words.problem} on {', '.join(names)}, {words.evaluations} evaluations", flush=True)
    print(f"{'optimizer':12}" + "".join(f"{way:>18}{'answers':>9}" for way in WAYS), flush=True)
    for optimizer in words.optimizers.split(","):
        found: dict[str, list[tuple[float, int]]] = {way: [] for way in WAYS}
        for name in names:
            course = Course(catalog, benchmark, benchmark.devices[name], words.share)
            for seed in range(words.seeds):
                for way, result in course.run(optimizer, words.evaluations, seed).items():
                    found[way].append(result)
        cells = (f"{said([v for v, _ in got]):>18}{mean(n for _, n in got):9.1f}"
                 for got in found.values())  # fmt: skip
        print(f"{optimizer:12}" + "".join(cells), flush=True)


class Course:
    """The problem on one device under a limit."""

    def __init__(
        self, catalog: Catalog, benchmark: Benchmark, device: Device, share: float
    ) -> None:
        self.catalog, self.benchmark, self.device = catalog, benchmark, device
        self.judge, self.scale = Judge(benchmark), benchmark.scale(device)
        problem = pose(Budget.parse("1evals"), benchmark, [device], catalog)
        cost = next(o for o in problem.objectives if o.device_metric is not None)
        rows = problem.draw(2000, torch.Generator().manual_seed(7))
        drawn = population.decode(problem.choices, rows)
        costs = [v.value for v in problem.evaluator.estimates(cost, drawn, device)]
        self.limits = (Constraint(cost.short, "max", float(np.quantile(costs, share))),)

    def run(self, name: str, count: int, seed: int) -> dict[str, tuple[float, int]]:
        """Hypervolume within the limit and answers within it, in each way."""
        objectives = self.benchmark.objectives
        asked = lattice_within([o.short for o in objectives], ANSWERS)
        found: dict[str, tuple[float, int]] = {}
        for limited in (True, False):
            problem = pose(
                Budget.parse(f"{count}evals"), self.benchmark, [self.device], self.catalog
            )
            if limited:
                problem = attrs.evolve(problem, limits=self.limits)
            optimizer = self.catalog.create("optimizer", name)
            search(problem, optimizer, name, seed, lambda _: None)
            for way in WAYS[:1] if limited else WAYS[1:]:
                limits = () if way == "filtered" else self.limits
                answers = optimizer.portfolio(self.device, ANSWERS, wishes(asked, limits))
                points = self.judge.points(answers, self.device)
                kept = points[total_misses(objectives, self.limits, points) == 0.0]
                found[way] = self.scale.hypervolume(kept), len(kept)
        return found


def said(values: list[float]) -> str:
    """Mean and standard deviation."""
    return f"{mean(values):.4f} ± {stdev(values) if len(values) > 1 else 0.0:.4f}"


if __name__ == "__main__":
    main()

"""Costs on devices that only ten measurements are known of: rank correlation and error.

For every device of a problem that is not searched, MODNAS's prices are asked with
the reference measurements alone, and compared with the device's own values.
Published few-shot figures of HELP (10 samples, NeurIPS 2021) stand beside them
where the device is the same.

    python benchmarks/bench_predictor.py [--data-dir DIR] [--problems nb201,ofa,gpt-s,gpt-m]
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ranks import kendall, spearman

from monas_core.bench.reference_only import ReferenceOnly
from monas_core.catalog.lookup import Catalog
from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.problem.benchmark import Benchmark
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.budget import Budget, Meter
from monas_modnas.landscape import Landscape
from monas_modnas.prices import Prices

PUBLISHED = {
    "titan_rtx_256": 0.987,
    "gold_6226": 0.989,
    "pixel2": 0.802,
    "eyeriss": 0.940,
    "raspi4": 0.890,
    "fpga": 0.985,
}
"""Spearman of HELP with 10 samples on NAS-Bench-201, quoted in the data's README."""
SAMPLE = 3_000
RESULTS = Path(__file__).parent / "results"


def posed(benchmark: Benchmark, catalog: Catalog) -> Problem:
    """The problem of the default search devices."""
    context = Context(benchmark.space)
    meter = Meter(Budget.parse("1evals"))
    evaluator = Evaluator(context, benchmark.objectives, meter)
    devices = tuple(benchmark.devices[name] for name in benchmark.search_devices)
    embedding = catalog.create("embedding", "log-cost")
    return Problem(context, benchmark.objectives, devices, evaluator, embedding, meter)


def judge(problem: Problem, prices: Prices, device: Device, rows: torch.Tensor) -> dict[str, Any]:
    """Figures of every cost of one device, from its references alone."""
    known = ReferenceOnly(device, problem.references)
    predicted = prices.on(prices.searched(rows), known).exp().numpy()
    architectures = population.decode(problem.choices, rows)
    figures: dict[str, Any] = {}
    free = [objective for objective in problem.objectives if not objective.query]
    for index, objective in enumerate(free):
        assert objective.device_metric is not None
        found = device.estimate(objective.device_metric, architectures, problem.context)
        true = np.array([value.value for value in found])
        own = predicted[:, index]
        figures[objective.short] = {
            "spearman": round(spearman(own, true), 3),
            "kendall": round(kendall(own, true), 3),
            "median relative error": round(float(np.median(np.abs(own / true - 1))), 3),
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", default=os.environ.get("MONAS_DATA"))
    parser.add_argument("--problems", default="nb201,ofa,gpt-s,gpt-m")
    arguments = parser.parse_args()
    if arguments.data_dir is None:
        parser.error("name the folder of the published tables: --data-dir DIR or MONAS_DATA")
    catalog = Catalog.installed()
    document: dict[str, Any] = {}
    for name in arguments.problems.split(","):
        benchmark = catalog.create("benchmark", name, data=Path(arguments.data_dir))
        problem = posed(benchmark, catalog)
        rows = problem.draw(SAMPLE, torch.Generator().manual_seed(0))
        landscape = Landscape(problem, rows[:64])
        prices = Prices(problem, landscape.cost)
        others = [d for n, d in benchmark.devices.items() if n not in benchmark.search_devices]
        for device in others:
            try:
                figures = judge(problem, prices, device, rows)
            except Unavailable as reason:
                print(f"{name} {device.name}: left out: {reason}")
                continue
            document.setdefault(name, {})[device.name] = figures
            beside = PUBLISHED.get(device.name) if name == "nb201" else None
            for short, row in figures.items():
                shown = "  ".join(f"{key} {value:.3f}" for key, value in row.items())
                print(f"{name:6} {device.name:16} {short:7} {shown}", end="")
                print(f"  (HELP, published: Spearman {beside})" if beside else "")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "predictor.json").write_text(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()

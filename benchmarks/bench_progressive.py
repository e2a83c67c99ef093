"""Progressive shrinking against the sandwich rule, both for the same CPU time.

For each seed and trainer: quality of the ends and of random subnets with inherited weights on
unseen data, and the rank correlation of the random subnets' inherited quality (search part) with
what each of them reaches when it is trained alone (unseen part). Steps are chosen so that the
time is equal: progressive's cost more, since the largest network is asked as well.

    python benchmarks/bench_progressive.py --space mobilenetv3 --seconds 40 --seeds 2
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

import attrs
import torch
from bench_inherited import Alone, quality, trained_alone, trained_supernet
from ranks import spearman

from monas_core.catalog.lookup import Catalog
from monas_core.parts.space import end_rows
from monas_core.record.config import load_config
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.values import population
from monas_core.values.architecture import Architecture

TRIAL = 60
"""Steps that tell what a trainer's step costs; a whole training on a small scale."""
COLUMNS = ("smallest", "largest", "random", "spearman", "steps", "CPU s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", default="mobilenetv3")
    parser.add_argument("--preset")
    parser.add_argument("--seconds", type=float, default=40.0, help="CPU time of each training")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--subnets", type=int, default=16)
    parser.add_argument(
        "--alone", type=int, default=150, help="steps of each subnet alone; 0: none"
    )
    parser.add_argument("--trainers", nargs="+", default=["sandwich", "progressive"])
    parser.add_argument("--options", type=json.loads, default={}, help="of progressive, as JSON")
    words = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, list[list[float]]] = {name: [] for name in words.trainers}
    for seed in range(words.seeds):
        own: list[float] = []
        for name in words.trainers:
            options = words.options if name == "progressive" else {}
            plan = planned(words.space, words.preset, name, seed, options)
            subnets = drawn(plan, words.subnets)
            own = own or alone(plan, subnets, words.alone)
            found[name].append(judged(plan, subnets, own, words.seconds))
            print(f"seed {seed} {name:11} {cells(found[name][-1:])}", flush=True)
    print(f"{words.space}, {words.seeds} seeds: {', '.join(COLUMNS)}")
    for name, rows in found.items():
        print(f"{name:12} {cells(rows)}")


def planned(
    space: str, preset: str | None, trainer: str, seed: int, options: Mapping[str, Any]
) -> Plan:
    """As a run would compose it."""
    asked = {"space": space, "preset": preset, "trainer": trainer, "seed": seed}
    fixed = {"objectives": ["acc"], "torch_device": "cpu", "options": {"trainer": dict(options)}}
    return resolve(load_config(None, {**asked, **fixed}), Catalog.installed())


def drawn(plan: Plan, count: int) -> list[Architecture]:
    """The same random subnets for every seed and trainer."""
    generator = torch.Generator().manual_seed(5)
    choices = plan.space.choices
    return population.decode(choices, population.sample_distinct(choices, count, generator))


def alone(plan: Plan, subnets: Sequence[Architecture], steps: int) -> list[float]:
    """Qualities of networks that were trained alone, on unseen data."""
    objective = next(o for o in plan.objectives if o.query)
    found: list[float] = []
    for subnet in subnets if steps else ():
        network = Alone(trained_alone(plan, subnet, steps)).eval()
        found += quality(plan, objective, network, [subnet], "final")
    return found


def judged(
    plan: Plan, subnets: Sequence[Architecture], own: Sequence[float], seconds: float
) -> list[float]:
    """The columns of the table."""
    steps = round(TRIAL * seconds / timed(plan, TRIAL)[1])
    supernet, spent = timed(plan, steps)
    objective = next(o for o in plan.objectives if o.query)
    ends = population.decode(plan.space.choices, end_rows(plan.space))
    smallest, largest = quality(plan, objective, supernet, ends, "final")
    unseen = quality(plan, objective, supernet, subnets, "final")
    seen = quality(plan, objective, supernet, subnets, "search")
    rank = spearman(seen, own) if own else float("nan")
    return [smallest, largest, fmean(unseen), rank, float(steps), spent]


def timed(plan: Plan, steps: int) -> tuple[Any, float]:
    """A supernet after so many steps, and their CPU seconds."""
    settings = attrs.evolve(plan.warm_up, steps=steps)
    begin = time.process_time()
    supernet = trained_supernet(attrs.evolve(plan, warm_up=settings))
    return supernet, time.process_time() - begin


def cells(rows: Sequence[Sequence[float]]) -> str:
    """Mean and deviation of each column."""
    columns = list(zip(*rows, strict=True))
    spreads = [stdev(column) if len(column) > 1 else 0.0 for column in columns]
    means = [fmean(column) for column in columns]
    said = [f"{m:8.3f}±{s:.3f}" for m, s in zip(means[:4], spreads[:4], strict=True)]
    return "  ".join([*said, f"{means[4]:6.0f}", f"{means[5]:6.1f}"])


if __name__ == "__main__":
    main()

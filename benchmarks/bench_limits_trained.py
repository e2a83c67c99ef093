"""What it is worth on a really trained supernet that a search knows its limit.

As ``bench_limits.py`` does on a table: one search is told the limit, another one of the same
seed, weights and number of evaluations is not, and of its answers those count that happen to
meet it. Hypervolumes of the answers within the limit on the limited device, final values, on the
scale of the run; and how many of the answers meet it.

    python benchmarks/bench_limits_trained.py [--seeds 3] [--evaluations 60] [--limit 0.4ms]
"""

from __future__ import annotations

import argparse
import time
from statistics import fmean, stdev
from typing import Any

import numpy as np
from bench_search import search, trained_supernet

from monas_core.catalog.lookup import Catalog
from monas_core.parts.objective import sign
from monas_core.problem import yardstick
from monas_core.problem.feasibility import total_misses
from monas_core.running import finish
from monas_core.values.constraint import Constraint


def main() -> None:
    """Every optimizer on every seed, with and without the limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--evaluations", type=int, default=60)
    parser.add_argument("--device", default="raspberry-pi-5")
    parser.add_argument("--limit", default="0.4ms", help="of latency on the device")
    parser.add_argument("--optimizers", default="modnas,nsga2,qnehvi")
    words = parser.parse_args()
    catalog = Catalog.installed()
    found: dict[tuple[str, bool], list[tuple[float, int, int]]] = {}
    for seed in range(words.seeds):
        base: dict[str, Any] = {
            "space": "gpt",
            "objectives": ["acc", "lat", "energy"],
            "devices": [words.device, "jetson-nano"],
            "held_out": [],
            "budget": f"{words.evaluations}evals",
            "preferences": 24,
            "seed": seed,
        }
        weights = trained_supernet(base, catalog)
        for optimizer in words.optimizers.split(","):
            limits: tuple[Constraint, ...] = ()
            for limited in (True, False):
                begin = time.perf_counter()
                told = {"max": {f"lat@{words.device}": words.limit}} if limited else {}
                config = {**base, "optimizer": optimizer, **told}
                session = search(config, weights, {}, catalog)
                limits = session.plan.limits or limits
                result = within(session, words.device, limits)
                found.setdefault((optimizer, limited), []).append(result)
                seconds = time.perf_counter() - begin
                print(optimizer, "limited" if limited else "filtered", seed, result,
                      f"{seconds:.0f} s", flush=True)  # fmt: skip
    for (optimizer, limited), results in found.items():
        volumes = [volume for volume, _, _ in results]
        spread = stdev(volumes) if len(volumes) > 1 else 0.0
        met, of = fmean(r[1] for r in results), fmean(r[2] for r in results)
        way = "knows the limit" if limited else "filtered"
        print(f"{optimizer:10} {way:16} {fmean(volumes):.4f} ± {spread:.4f}  {met:.1f} of {of:.1f}")


def within(session: Any, name: str, limits: tuple[Constraint, ...]) -> tuple[float, int, int]:
    """Hypervolume of the final answers within the limits, how many these are, and of how many."""
    device = next(d for d in session.plan.devices if d.name == name)
    objectives, evaluator = session.plan.objectives, session.evaluator
    answers = finish.proposals(session, lambda _: None)[name]
    scale = yardstick.scales(evaluator, [device], "final")[name]
    columns = [
        [sign(o) * value.value for value in evaluator.values(o, answers, device, "final")]
        for o in objectives
    ]
    points = np.array(columns).T
    kept = points[total_misses(objectives, limits, points) == 0.0]
    return scale.hypervolume(kept), len(kept), len(answers)


if __name__ == "__main__":
    main()

"""MODNAS against random search on one trained supernet, at equal wall-clock after warm-up.

Reference point and normalisation of every hypervolume are fixed in advance by
``monas_core.problem.yardstick`` from reference architectures alone, and are the same
for both. Held-out devices never enter the search. Prints mean and spread over
seeds and writes ``benchmarks/results/search.json``.

    python benchmarks/bench_search.py [--seeds 3] [--budget 60s] [--optimizers modnas,random]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from monas_core import state
from monas_core.catalog.lookup import Catalog
from monas_core.parts.objective import sign
from monas_core.problem import yardstick
from monas_core.record.config import load_config
from monas_core.running import finish
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_core.values.architecture import Architecture
from monas_core.values.front import non_dominated

RESULTS = Path(__file__).parent / "results"


def trained_supernet(config: dict[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Weights after warm-up, kept between benchmarks of the same configuration."""
    plan = resolve(load_config(None, config), catalog)
    name = f"supernet-{plan.space.name}-{plan.space.preset}-{plan.warm_up.steps}-{plan.config.seed}"
    cache = RESULTS / name
    if not cache.exists():
        session = Session(plan)
        while session.trainer.done < session.trainer.steps:
            session.trainer.step()
        state.save(cache, dict(session.context.require_supernet().state_dict()))
    return state.load(cache)


def search(
    config: dict[str, Any],
    weights: dict[str, Any],
    measured: dict[str, Any],
    catalog: Catalog,
) -> Session:
    """One search from given supernet weights.

    ``measured`` holds what measuring devices have learnt; the first search
    fills it, so that all see and are judged by the same host.
    """
    session = Session(resolve(load_config(None, config), catalog))
    session.context.require_supernet().load_state_dict(weights)
    session.phase = "search"
    for device in session.plan.all_devices:  # measuring devices calibrate before the clock starts
        if device.name in measured:
            device.load_state_dict(measured[device.name])
        session.problem.embed([device])
        measured[device.name] = dict(device.state_dict())
    yardstick.scales(session.evaluator, session.plan.devices, "search")
    session.start_optimizer()
    optimizer, meter = session.plan.optimizer, session.meter
    phases: dict[str, float] = {}
    while meter.fraction < 1:
        begin = time.perf_counter()
        report = optimizer.step()
        spent = time.perf_counter() - begin
        phases[report.phase] = phases.get(report.phase, 0.0) + spent
        meter.seconds += spent
        meter.steps += 1
        if report.finished:
            break
    print({phase: round(seconds, 1) for phase, seconds in phases.items()})
    return session


def judged(sessions: Mapping[str, Session]) -> list[dict[str, Any]]:
    """Hypervolumes of all optimizers' answers, evaluated together: one scale, one measurement.

    Every architecture is evaluated once, on final data, and on ``host`` all are
    timed in the same interleaved rounds; so a drift of the machine meets all alike.
    """
    pools: dict[str, list[Architecture]] = {}
    for name, session in sessions.items():
        found = finish.proposals(session, lambda _: None)
        pools[name] = list(dict.fromkeys(a for answers in found.values() for a in answers))
    everyone = list(dict.fromkeys(a for pool in pools.values() for a in pool))
    judge = next(iter(sessions.values()))
    plan, evaluator = judge.plan, judge.evaluator
    scales = yardstick.scales(evaluator, plan.all_devices, "final")
    volumes: dict[str, dict[str, float]] = {name: {} for name in pools}
    smallest = dict.fromkeys(pools, len(everyone))
    for device in plan.all_devices:
        columns = [
            [sign(o) * v.value for v in evaluator.values(o, everyone, device, "final")]
            for o in plan.objectives
        ]
        points = dict(zip(everyone, np.array(columns).T, strict=True))
        for name, pool in pools.items():
            own = np.array([points[architecture] for architecture in pool])
            kept = own[non_dominated(own)]
            volumes[name][device.name] = scales[device.name].hypervolume(kept)
            smallest[name] = min(smallest[name], len(kept))
    rows: list[dict[str, Any]] = []
    for name, session in sessions.items():
        mean = {
            part: statistics.fmean(volumes[name][device.name] for device in devices)
            for part, devices in (("search", plan.devices), ("held out", plan.held_out))
        }
        facts = {"queries": session.meter.evaluations, "smallest front": smallest[name]}
        rows.append({"optimizer": name, **mean, **facts, "devices": volumes[name]})
    return rows


def main() -> None:
    """Run every optimizer on every seed and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--devices", help="search devices; by default those of a run")
    parser.add_argument("--optimizers", default="modnas,random")
    arguments = parser.parse_args()
    catalog = Catalog.installed()
    rows: list[dict[str, Any]] = []
    for seed in range(arguments.seeds):
        base = {"space": "gpt", "objectives": ["acc", "lat", "energy"], "seed": seed}
        base |= {"budget": arguments.budget}
        if arguments.devices:
            base["devices"] = arguments.devices
        weights = trained_supernet(base, catalog)
        measured: dict[str, Any] = {}
        sessions = {
            name: search(base | {"optimizer": name}, weights, measured, catalog)
            for name in arguments.optimizers.split(",")
        }
        for row in judged(sessions):
            rows.append({"seed": seed, **row})
            print({k: v for k, v in rows[-1].items() if k != "devices"}, flush=True)
    for optimizer in arguments.optimizers.split(","):
        mine = [row for row in rows if row["optimizer"] == optimizer]
        for part in ("search", "held out"):
            values = [row[part] for row in mine]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            print(f"{optimizer:8s} {part:8s} {statistics.fmean(values):.4f} +- {spread:.4f}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "search.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

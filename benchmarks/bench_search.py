"""MODNAS against random search on one trained supernet, at equal wall-clock after warm-up.

Reference point and normalisation of every hypervolume are fixed in advance by
``monas_core.yardstick`` from reference architectures alone, and are the same
for both. Held-out devices never enter the search. Prints mean and spread over
seeds and writes ``benchmarks/results/search.json``.

    python benchmarks/bench_search.py [--seeds 3] [--budget 60s] [--optimizers modnas,random]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

from monas_core import finish, state, yardstick
from monas_core.catalog.lookup import Catalog
from monas_core.config import load_config
from monas_core.plan import resolve
from monas_core.session import Session

RESULTS = Path(__file__).parent / "results"


def trained_supernet(config: dict[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Weights after warm-up, kept between benchmarks of the same configuration."""
    plan = resolve(load_config(None, config), catalog)
    name = f"supernet-{plan.space.name}-{plan.space.preset}-{plan.warm_up.steps}-{plan.config.seed}"
    cache = RESULTS / name
    if not cache.exists():
        session = Session(plan)
        while session.trainer.done < plan.warm_up.steps:
            session.trainer.step()
        assert session.context.supernet is not None
        state.save(cache, dict(session.context.supernet.state_dict()))
    return state.load(cache)


def search(
    config: dict[str, Any],
    weights: dict[str, Any],
    measured: dict[str, Any],
    catalog: Catalog,
) -> tuple[Session, dict[str, Any]]:
    """One search and its finish from given supernet weights; fronts by device.

    ``measured`` holds what measuring devices have learnt; the first search
    fills it, so that all are judged on one scale.
    """
    session = Session(resolve(load_config(None, config), catalog))
    assert session.context.supernet is not None
    session.context.supernet.load_state_dict(weights)
    session.phase = "search"
    optimizer, meter = session.plan.optimizer, session.meter
    for device in session.plan.all_devices:  # measuring devices calibrate before the clock starts
        if device.name in measured:
            device.load_state_dict(measured[device.name])
        session.problem.embed([device])
        measured[device.name] = dict(device.state_dict())
    yardstick.scales(session.evaluator, session.plan.devices, "search")
    session.start_optimizer()
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
    return session, dict(finish.fronts(session, lambda *_: None, lambda _: None))


def summarise(session: Session, fronts: dict[str, Any]) -> dict[str, float]:
    """Mean hypervolume on search and on held-out devices, queries, smallest front."""

    def mean(devices: Any) -> float:
        return statistics.fmean(fronts[device.name]["hypervolume"] for device in devices)

    return {
        "search": mean(session.plan.devices),
        "held out": mean(session.plan.held_out),
        "queries": session.meter.evaluations,
        "smallest front": min(len(front["members"]) for front in fronts.values()),
    }


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
        for optimizer in arguments.optimizers.split(","):
            session, fronts = search(base | {"optimizer": optimizer}, weights, measured, catalog)
            rows.append(
                {"optimizer": optimizer, "seed": seed, **summarise(session, fronts)}
                | {"devices": {name: front["hypervolume"] for name, front in fronts.items()}}
            )
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

"""What a device profile is worth: zero-shot fronts, limits that hold, predictions that are met.

Three parts, each with this machine as the device that is profiled:

``zero-shot``: two searches per seed from one supernet, one with this machine among
its devices and one without. Both answer a lattice of wishes for this machine, the
second from a profile file alone; all answers are measured here, and the hypervolumes
(fixed scale, ``monas_core.problem.yardstick``) compared.

``limits``: random feasible limits on a finished run; the answer is measured anew
afterwards and must meet them. Bounds are drawn between the least and the most of
the known front, costs evenly in their logarithm. Asked with the profile (costs are
predicted) and, if the run searched for this machine, with the device itself.

``error``: relative error of the latency predicted from the profile against the one
measured here, over distinct picked architectures.

    python benchmarks/bench_profile.py --run RUN [--picks 20] [--limits 50]
    python benchmarks/bench_profile.py --seeds 3 --budget 45s
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench_search import RESULTS, search, trained_supernet

from monas_core.catalog.lookup import Catalog
from monas_core.parts.device import Device
from monas_core.parts.objective import sign
from monas_core.problem import yardstick
from monas_core.profiling.device import Profiled
from monas_core.profiling.measure import measuring_device, this_machine
from monas_core.profiling.profile import Profile
from monas_core.run import Run
from monas_core.running.session import Session
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint
from monas_core.values.front import non_dominated
from monas_core.values.member import Member
from monas_core.values.wish import wishes

OTHERS = ("core-i7-1260p", "raspberry-pi-4", "jetson-nano", "snapdragon-8-gen2-gpu")


def profiled(catalog: Catalog, session: Session, folder: Path) -> Path:
    """A profile of this machine, written and checked for drift."""
    made = this_machine(catalog, session.context, "this-machine", lambda _: None, seconds=0.3)
    path = folder / "this-machine.json"
    made.write(path)
    print(f"profile of {made.processor}, {made.runtime}: drift {made.notes['drift']:+.1%}")
    return path


# -- zero-shot against searched --------------------------------------------------------


def hypervolume(session: Session, device: Device, found: Sequence[Architecture]) -> float:
    """Of some answers, measured on a device and evaluated on unseen data."""
    scale = yardstick.scales(session.evaluator, [device], "final")[device.name]
    evaluations = session.evaluator.evaluate(list(found), device, "final")
    signs = np.array([sign(o) for o in session.plan.objectives])
    names = [o.short for o in session.plan.objectives]
    points = np.array([[e.values[n].value for n in names] for e in evaluations]) * signs
    return scale.hypervolume(points[non_dominated(points)])


def zero_shot(seeds: int, budget: str, warm_up: int | None, catalog: Catalog) -> dict[str, Any]:
    """Hypervolumes on this machine, searched for it and not, per seed."""
    rows: list[dict[str, float]] = []
    for seed in range(seeds):
        config: dict[str, Any] = {
            "space": "gpt",
            "objectives": ["acc", "lat"],
            "held_out": [],
            "budget": budget,
            "seed": seed,
        }
        if warm_up is not None:
            config["warm_up"] = {"steps": warm_up}
        measured: dict[str, Any] = {}
        seen = config | {"devices": ["host", *OTHERS]}
        weights = trained_supernet(seen, catalog)
        knowing = search(seen, weights, measured, catalog)
        unaware = search(config | {"devices": list(OTHERS)}, weights, measured, catalog)
        host = next(d for d in knowing.plan.devices if d.name == "host")
        with tempfile.TemporaryDirectory() as folder:
            source = Profile.read(profiled(catalog, knowing, Path(folder)))
        stranger = Profiled(source, unaware.context)
        asked = wishes(knowing.plan.preferences)
        own = list(dict.fromkeys(knowing.plan.optimizer.propose(host, asked)))
        other = list(dict.fromkeys(unaware.plan.optimizer.propose(stranger, asked)))
        # one session judges both, and all networks are timed in the same interleaved rounds
        knowing.evaluator.evaluate(list(dict.fromkeys([*own, *other])), host, "final")
        row = {
            "searched": hypervolume(knowing, host, own),
            "zero-shot": hypervolume(knowing, host, other),
        }
        row["share"] = row["zero-shot"] / row["searched"]
        rows.append(row)
        print(f"seed {seed}: " + ", ".join(f"{name} {value:.4f}" for name, value in row.items()))
    return {"seeds": rows, "share": statistics.mean(row["share"] for row in rows)}


# -- limits and errors on a finished run -----------------------------------------------


def measure(run: Run, catalog: Catalog, pick: Member) -> float:
    """Latency of a picked architecture in ms, measured now: the middle one of three.

    On shared machines single measurements of the same network are up to 2.5 times too long.
    """
    context = run.session.context
    architecture = context.space.choices.from_json(pick.architecture)
    device = measuring_device(catalog, seconds=0.2)
    found = []
    for _ in range(3):
        device.forget([architecture])
        found.append(device.cost("latency_ms", [architecture], context)[0].value)
    return statistics.median(found)


def quality_sign(run: Run) -> float:
    """1 where less is better, -1 where more is."""
    return sign(next(o for o in run.session.plan.objectives if o.short == "acc"))


def limits(run: Run, catalog: Catalog, device: str | Path, count: int) -> dict[str, float]:
    """Share of random feasible limits that the answers meet by measurement."""
    draw = random.Random(0)
    way = quality_sign(run)
    side = "max" if way > 0 else "min"
    ends = [run.pick(device, {name: 1.0}).values for name in ("lat", "acc")]
    met = near = 0
    misses = []
    for _ in range(count):
        low, high = sorted(end["lat"] for end in ends)
        bounds = [Constraint("lat", "max", math.exp(draw.uniform(math.log(low), math.log(high))))]
        if draw.random() < 0.3:
            # what the fastest architecture within that latency reaches is attainable
            reached = run.pick(device, {"lat": 1.0}, bounds).values["acc"]
            bounds.append(Constraint("acc", side, reached + way * 1e-9))
        weight = draw.random()
        pick = run.pick(device, {"acc": weight, "lat": 1 - weight}, bounds)
        miss = bounds[0].violation(measure(run, catalog, pick))
        met += miss == 0.0
        near += miss <= 0.05
        misses.append(miss)
    return {"met": met / count, "within 5 %": near / count, "largest miss": max(misses)}


def never_worse(run: Run, count: int) -> dict[str, float]:
    """Share of limits on known devices where no stored member is better, by one objective."""
    draw = random.Random(1)
    way = quality_sign(run)
    held = 0
    for _ in range(count):
        device = draw.choice([d for d in run.devices if d != "host"])
        members = run.front(device).members
        values = [m.values["lat"] for m in members]
        bound = math.exp(draw.uniform(math.log(min(values)), math.log(max(values))))
        pick = run.pick(device, {"acc": 1.0}, [Constraint("lat", "max", bound)])
        best = min(way * m.values["acc"] for m in members if m.values["lat"] <= bound)
        # the wish keeps a hundredth of its weight for ties, so equal up to rounding of that
        slack = 0.002 * abs(best)
        held += pick.values["lat"] <= bound and way * pick.values["acc"] <= best + slack
    return {"held": held / count}


def error(run: Run, catalog: Catalog, device: Path, count: int) -> dict[str, float]:
    """Median and largest relative error of predicted latency over distinct picks."""
    draw = random.Random(2)
    found: dict[str, float] = {}
    low, high = sorted(run.pick(device, {n: 1.0}).values["lat"] for n in ("lat", "acc"))
    for number in range(20 * count):
        if len(found) >= count:
            break
        wish = {o.short: draw.expovariate(1.0) for o in run.session.plan.objectives}
        bound = Constraint("lat", "max", math.exp(draw.uniform(math.log(low), math.log(high))))
        pick = run.pick(device, wish, [bound] * (number % 2))
        if pick.key not in found:
            found[pick.key] = abs(pick.predicted["lat"] / measure(run, catalog, pick) - 1)
    misses = list(found.values())
    return {"picks": len(misses), "median": statistics.median(misses), "largest": max(misses)}


def on_run(path: Path, picks: int, count: int, catalog: Catalog) -> dict[str, Any]:
    """Limits and errors on a finished run."""
    run = Run.open(path, catalog)
    with tempfile.TemporaryDirectory() as folder:
        profile = profiled(catalog, run.session, Path(folder))
        report: dict[str, Any] = {
            "error": error(run, catalog, profile, picks),
            "limits, from a profile": limits(run, catalog, profile, count),
            "never worse than the front": never_worse(run, count),
        }
        if "host" in run.devices:
            report["limits, searched"] = limits(run, catalog, "host", count)
    for name, figures in report.items():
        print(f"{name}: " + ", ".join(f"{key} {value:.3g}" for key, value in figures.items()))
    return report


def main() -> None:
    """Print the figures and write ``benchmarks/results/profile.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, help="finished run for limits and errors")
    parser.add_argument("--picks", type=int, default=20)
    parser.add_argument("--limits", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=0, help="searches for zero-shot")
    parser.add_argument("--budget", default="45s")
    parser.add_argument("--warm-up", type=int)
    given = parser.parse_args()
    catalog = Catalog.installed()
    RESULTS.mkdir(exist_ok=True)
    report: dict[str, Any] = {}
    if given.run:
        report |= on_run(given.run, given.picks, given.limits, catalog)
    if given.seeds:
        report["zero-shot"] = zero_shot(given.seeds, given.budget, given.warm_up, catalog)
        print(f"zero-shot reaches {report['zero-shot']['share']:.1%} of searched")
    if not report:
        parser.error("give --run RUN, --seeds N, or both")
    (RESULTS / "profile.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()

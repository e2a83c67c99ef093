"""Whether the wish counts, on a finished run: extremes, variety along a line, devices.

For every device: the pick with all weight on latency against the fastest
architecture known there, the pick with all weight on quality against the best
known, and the number of distinct picks along 11 preferences between the two.
"Known" is every architecture the run evaluated, on final data, and for modelled
devices also the fixed reference sample of the space.

    python benchmarks/bench_wishes.py RUN
"""

from __future__ import annotations

import argparse
from pathlib import Path

from monas_core.catalog.lookup import Catalog
from monas_core.problem import yardstick
from monas_core.run import Run


def known_extremes(run: Run, device: str) -> tuple[float, float]:
    """Least latency and best quality known on a device, minimised."""
    session = run.session
    target = next(d for d in session.plan.all_devices if d.name == device)
    latency = next(o for o in session.plan.objectives if o.short == "lat")
    members = [m for name in run.devices for m in run.front(name).members]
    quality = min(m.values["acc"] for m in members)
    fastest = min(m.values["lat"] for m in run.front(device).members)
    if target.profile.origin == "modelled":
        pool = [
            *yardstick.reference_sample(session.plan.space),
            *session.evaluator.queried(),
        ]
        found = session.evaluator.values(latency, pool, target, "final")
        fastest = min(fastest, *(value.value for value in found))
    return fastest, quality


def main() -> None:
    """Print one line per device."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    run = Run.open(parser.parse_args().run, Catalog.installed())
    fronts: set[frozenset[str]] = set()
    print(f"{'device':24s} lat/fastest  acc/best  distinct of 11")
    for device in run.devices:
        fastest, best = known_extremes(run, device)
        picks = [run.pick(device, {"acc": w / 10, "lat": 1 - w / 10}) for w in range(11)]
        latency = picks[0].values["lat"] / fastest
        quality = picks[-1].values["acc"] / best
        distinct = len({pick.key for pick in picks})
        fronts.add(frozenset(member.key for member in run.front(device).members))
        print(f"{device:24s} {latency:11.3f}  {quality:8.4f}  {distinct:6d}")
    print(f"{len(fronts)} different fronts on {len(run.devices)} devices")


if __name__ == "__main__":
    main()

"""The fronts that answers are measured against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from monas_core.bench.attempt import SCHEMA, Heed, pose, search
from monas_core.bench.contest import Contest, chosen, source_digest
from monas_core.bench.judge import Judge
from monas_core.bench.within import kept
from monas_core.catalog.lookup import Catalog
from monas_core.problem.benchmark import Benchmark
from monas_core.values.budget import Budget
from monas_core.values.front import Points, non_dominated

REFERENCE = Budget(20_000, "evaluations")
"""Length of the search that stands in for a front that cannot be enumerated."""
_PATIENCE = 500
_SEED = 0


def needed(contest: Contest, benchmark: Benchmark) -> list[str]:
    """Devices whose front has to be searched for."""
    if benchmark.reference_search is None:
        return []
    devices = chosen(benchmark, contest.all_devices)
    return [device.name for device in devices if benchmark.true_front(device) is None]


def reference_settings(
    contest: Contest, benchmark: Benchmark, catalog: Catalog, device: str
) -> dict[str, Any]:
    """Everything the reference search of a device depends on, as JSON values."""
    name = benchmark.reference_search
    assert name is not None, "only problems that name an optimizer get a reference search"
    return contest.ground() | {
        "device": device,
        "reference search": name,
        "length of the reference search": str(REFERENCE),
        "code of the reference search": source_digest(catalog.find("optimizer", name)),
    }


def reference_search(
    benchmark: Benchmark, catalog: Catalog, device: str, heed: Heed
) -> dict[str, Any]:
    """A long search for one device alone; the document that is stored.

    ``points`` are the non-dominated minimised final values, ``(n, M)``.
    """
    assert benchmark.reference_search is not None
    name = benchmark.reference_search
    targets = chosen(benchmark, [device])
    problem = pose(REFERENCE, benchmark, targets, catalog)
    optimizer = catalog.create("optimizer", name)
    seconds = search(problem, optimizer, name, _SEED, heed, patience=_PATIENCE)
    front = Judge(benchmark).front(problem.evaluator.queried(), targets[0])
    return {
        "schema": SCHEMA,
        "device": device,
        "queries": problem.meter.evaluations,
        "search_seconds": seconds,
        "points": front.tolist(),
    }


def fronts(
    contest: Contest,
    benchmark: Benchmark,
    runs: Sequence[Mapping[str, Any]],
    searched: Mapping[str, Mapping[str, Any]],
) -> dict[str, Points]:
    """Minimised final values of the best front of every device, ``(n, M)``.

    The enumerated one where there is one; else the non-dominated union of the reference
    search and of everything that any optimizer of this contest queried or answered. Under
    limits the part of it that meets them. Raises UsageError where none does.
    """
    found: dict[str, Points] = {}
    for device in chosen(benchmark, contest.all_devices):
        front = benchmark.true_front(device)
        if front is None:
            parts = [entry["found"] for run in runs for entry in run["devices"]
                     if entry["device"] == device.name]  # fmt: skip
            if device.name in searched:
                parts.append(searched[device.name]["points"])
            union = np.concatenate([np.array(part, dtype=np.float64) for part in parts])
            front = union[non_dominated(union)]
        found[device.name] = kept(contest.limits, benchmark.objectives, device.name, front)
    return found

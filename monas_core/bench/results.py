"""The verdict: rows per run and device, their summary, differences; plain JSON values."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from monas_core.bench import significance
from monas_core.bench.attempt import SCHEMA
from monas_core.bench.contest import Contest, chosen
from monas_core.bench.indicators import indicators
from monas_core.bench.within import inside
from monas_core.problem.benchmark import Benchmark
from monas_core.running.limits import described
from monas_core.values.front import Points, Scale

Row = Mapping[str, Any]
SPLITS = ("search", "held-out")
MAIN = "relative_hypervolume"
_AVERAGED = (
    MAIN, "regret", "hypervolume", "gd", "gd_plus", "igd", "igd_plus", "non_dominated", "answers",
    "within", "queries", "steps", "seconds", "search_seconds", "answer_seconds",
)  # fmt: skip


def verdict(
    contest: Contest,
    benchmark: Benchmark,
    runs: Sequence[Mapping[str, Any]],
    fronts: Mapping[str, Points],
) -> dict[str, Any]:
    """The document that ``monas bench --json`` prints.

    All values of ``scales`` are minimised ones: maximised objectives are negated.
    """
    scales = {d.name: benchmark.scale(d) for d in chosen(benchmark, contest.all_devices)}
    rows = [row for run in runs for row in rows_of(run, contest, benchmark, fronts, scales)]
    labels = [variant.label for variant in contest.variants]
    scores = {split: _scores(rows, labels, split) for split in SPLITS}
    return {
        "schema": SCHEMA,
        "problem": contest.problem,
        "budget": str(contest.budget),
        "seeds": contest.seeds,
        "answers": contest.answers,
        "limits": [described(limit, benchmark.objectives) for limit in contest.limits],
        "optimizers": [
            {"label": v.label, "optimizer": v.optimizer, "options": dict(v.options)}
            for v in contest.variants
        ],
        "objectives": [
            {"name": o.short, "unit": o.unit, "direction": o.direction}
            for o in benchmark.objectives
        ],
        "facts": dict(benchmark.facts()),
        "scales": {
            name: {
                "low": scale.low.tolist(),
                "high": scale.high.tolist(),
                "reference_point": scale.reference_point(),
            }
            for name, scale in scales.items()
        },
        "fronts": {
            device.name: {
                "members": len(fronts[device.name]),
                "source": "enumerated" if benchmark.true_front(device) is not None else "searched",
            }
            for device in chosen(benchmark, contest.all_devices)
        },
        "results": rows,
        "summary": [s for label in labels for s in summaries(rows, label)],
        "significance": {
            "method": significance.METHOD,
            "smallest_p_paired": significance.smallest_p(contest.seeds, paired=True),
            "smallest_p_unpaired": significance.smallest_p(contest.seeds, paired=False),
            "all_pairs": {s: significance.compare_all(v) for s, v in scores.items() if v},
            "with_best": {s: significance.compare_with_best(v) for s, v in scores.items() if v},
        },
    }


def rows_of(
    run: Mapping[str, Any],
    contest: Contest,
    benchmark: Benchmark,
    fronts: Mapping[str, Points],
    scales: Mapping[str, Scale],
) -> list[dict[str, Any]]:
    """One row per device of a run.

    Only answers inside the limits count. Where none is, hypervolume is 0 and the distances
    are those of all answers.
    """
    rows: list[dict[str, Any]] = []
    whole = run["search_seconds"] + sum(entry["answer_seconds"] for entry in run["devices"])
    for entry in run["devices"]:
        name = entry["device"]
        points = np.array(entry["points"], dtype=np.float64)
        within = inside(contest.limits, benchmark.objectives, name, points)
        counted = points[within] if within.any() else points
        found = indicators(counted, fronts[name], scales[name])
        if not within.any():
            found |= {MAIN: 0.0, "hypervolume": 0.0, "non_dominated": 0}
        rows.append(
            {
                "optimizer": run["optimizer"],
                "seed": run["seed"],
                "device": name,
                "split": entry["split"],
                **found,
                "answers": len(points),
                "within": float(within.mean()),
                "regret": 1.0 - found[MAIN],
                "queries": run["queries"],
                "steps": run["steps"],
                "seconds": whole,
                "search_seconds": run["search_seconds"],
                "answer_seconds": entry["answer_seconds"],
            }
        )
    return rows


def summaries(rows: Sequence[Row], label: str) -> list[dict[str, Any]]:
    """Per split: mean, std, min and max over seeds of the mean over devices.

    The standard deviation is that of a sample, ``None`` for a single seed.
    """
    found: list[dict[str, Any]] = []
    for split in SPLITS:
        means = {name: seed_means(rows, label, split, name) for name in _AVERAGED}
        if means[MAIN]:
            spreads = {name: _spread(values) for name, values in means.items()}
            found.append({"optimizer": label, "split": split, **spreads})
    return found


def seed_means(rows: Sequence[Row], label: str, split: str, name: str) -> list[float]:
    """The mean over devices of one column, one number per seed."""
    seeds: dict[int, list[float]] = {}
    for row in rows:
        if row["optimizer"] == label and row["split"] == split:
            seeds.setdefault(row["seed"], []).append(row[name])
    return [statistics.fmean(values) for _, values in sorted(seeds.items())]


def to_csv(rows: Sequence[Row]) -> str:
    """The rows, a column per key."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def summary_csv(summary: Sequence[Row]) -> str:
    """One row per optimizer and split; columns ``igd_plus_mean``, ``igd_plus_std``, ..."""
    return to_csv(
        [
            {"optimizer": row["optimizer"], "split": row["split"]}
            | {f"{n}_{kind}": value for n in _AVERAGED for kind, value in row[n].items()}
            for row in summary
        ]
    )


def _scores(rows: Sequence[Row], labels: Sequence[str], split: str) -> dict[str, list[float]]:
    found = {label: seed_means(rows, label, split, MAIN) for label in labels}
    return {label: values for label, values in found.items() if values}


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    return {
        "mean": statistics.fmean(values),
        "std": statistics.stdev(values) if len(values) > 1 else None,
        "min": min(values),
        "max": max(values),
    }

"""A board that was timed once, as a device that is searched for and as one that is held out.

The board is a modelled device, so that the truth is known for every network. Its reference
networks are "timed" three times each with noise, written to a table and collected as ``monas
profile --collect`` does; nothing else of the board reaches the search. Two searches per seed have
the same other devices, one the board among its search devices, one held out. Printed are, over
the members of the board's front, the median relative error of

``model``: the latency in the front, from the cost model fitted to the profile, and
``optimizer``: the latency that the optimizer itself expected,

against the truth, the median over seeds and their range, and the error of a network left out of
the fit, which ``--collect`` tells beforehand.

    python benchmarks/bench_board.py [--board raspberry-pi-5] [--seeds 3] [--budget 20s]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import attrs
import numpy as np

from monas_core.api import carry_out
from monas_core.catalog.lookup import Catalog
from monas_core.parts.context import Context
from monas_core.profiling.kit import collect
from monas_core.profiling.profile import Profile
from monas_core.profiling.reference_set import ReferenceSet
from monas_core.record.config import RunConfig
from monas_core.record.training import WarmUpConfig
from monas_core.running.resolving import resolve
from monas_core.values.budget import Budget

OTHERS = ("core-i7-1260p", "raspberry-pi-4", "jetson-nano")
NOISE = 0.03
FACTS = {
    "name": "board",
    "processor": "modelled",
    "runtime": "none",
    "precision": "fp32",
    "batch": 1,
    "threads": None,
    "kind": "edge",
}


def timed(board: str, context: Context, catalog: Catalog, seed: int, folder: Path) -> Profile:
    """A profile from a table of noisy timings."""
    references = ReferenceSet.of(context)
    truth = catalog.create("device", board).cost("latency_ms", references.architectures, context)
    noise = np.random.default_rng(seed)
    rows = [
        f"{key}.onnx;{value.value * noise.lognormal(0.0, NOISE):.6f}".replace(".", ",")
        for key, value in zip(references.keys, truth, strict=True)
        for _ in range(3)
    ]
    table = folder / "timings.csv"
    table.write_text("\n".join(["Model;Latency (ms)", *rows]).replace(",onnx", ".onnx") + "\n")
    made = collect(table, context, FACTS)
    made.write(folder / "board.json")
    return made


def errors(board: str, config: RunConfig, catalog: Catalog) -> dict[str, float]:
    """Median relative errors over the board's front."""
    run = carry_out(config, catalog)
    context = run.session.context
    members = run.front("board").to_json()["members"]
    networks = [context.space.choices.from_json(m["architecture"]) for m in members]
    values = catalog.create("device", board).cost("latency_ms", networks, context)
    truth = np.array([value.value for value in values])
    found = {
        "model": np.array([m["values"]["lat"] for m in members]),
        "optimizer": np.array([m["predicted"].get("lat", np.nan) for m in members]),
    }
    told = {name: float(np.median(np.abs(guess / truth - 1))) for name, guess in found.items()}
    return told | {"members": len(members)}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--board", default="raspberry-pi-5")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--budget", default="20s")
    parser.add_argument("--warm-up", type=int, default=20)
    arguments = parser.parse_args()
    catalog = Catalog.installed()
    results: dict[str, list[dict[str, float]]] = {"searched for": [], "held out": []}
    for seed in range(arguments.seeds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            base = RunConfig(
                space="gpt",
                objectives=("acc", "lat"),
                devices=OTHERS,
                held_out=(),
                budget=Budget.parse(arguments.budget),
                warm_up=WarmUpConfig(steps=arguments.warm_up),
                seed=seed,
            )
            plan = resolve(base, catalog)
            made = timed(arguments.board, Context(plan.space, plan.task), catalog, seed, folder)
            print(f"seed {seed}: left-out error {made.notes['left-out error']['latency_ms']:.1%}")
            for way, lists in {
                "searched for": {"devices": (*OTHERS, f"{folder}/board.json")},
                "held out": {"held_out": (f"{folder}/board.json",)},
            }.items():
                out = str(folder / way.replace(" ", "-"))
                config = attrs.evolve(base, out_dir=out, **lists)
                found = errors(arguments.board, config, catalog)
                results[way].append(found)
                print(f"  {way}: " + ", ".join(f"{k} {v:.4g}" for k, v in found.items()))
    for way, rows in results.items():
        for name in ("model", "optimizer"):
            values = [row[name] for row in rows]
            print(
                f"{way}, {name}: median error {statistics.median(values):.1%} "
                f"({min(values):.1%} to {max(values):.1%}), {len(rows)} seeds"
            )


if __name__ == "__main__":
    main()

"""Long runs: does memory stay flat, and what do a hundred thousand evaluations cost?

    python benchmarks/bench_long.py steps [--steps 2000] [--only TEXT]
    python benchmarks/bench_long.py archive [--evaluations 100000] [--optimizer random]

``steps`` trains the supernet of every installed space at its smallest, and searches a space of
823,543 networks with some optimizers, for that many steps each, in a child of its own. Resident
memory is read after every step of that phase; the slope is that of a line through the second half
(its error from 20 blocks of it, since neighbours are alike), for searches also for each new
evaluation.

``archive`` searches a space of 823,543 networks whose values are formulas for that many
evaluations, tells what saving took of the time and how large the files are, and then times a
process that has everything imported: the archive read, the run opened, front, pick, report.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import forked
import kill_scenarios as toys
import numpy as np
import torch

import monas_core as monas
from monas_core.catalog.lookup import Catalog
from monas_core.events import Event, StepFinished
from monas_core.record import journal
from monas_core.record.archive import Archive
from monas_core.testing.fakes import ToyDevice, ToyLatency, ToyQuality
from monas_core.testing.stages import Stages
from monas_core.values.budget import Budget

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "random": {},
    "nsga2": {},
    "evolution": {},
    "local-search": {},
    "tunas": {},
}
"""Those whose steps are quick, with their options."""
PAGE = 4096
BLOCKS = 20
MOST = 100_000
"""Steps that can be watched."""


# -- steps -------------------------------------------------------------------------------------


def lengths(catalog: Catalog, steps: int) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """What is run for long, by name."""
    stages = Stages(catalog)
    for entry in catalog.entries("space"):

        def warm(path: Path, entry: Any = entry) -> None:
            plan = toys.space_plan(stages, entry)
            long = attrs.evolve(plan.warm_up, steps=steps)
            toys.carried_out(attrs.evolve(plan, warm_up=long), path)

        yield f"space {entry.name}", warm
    for name in OPTIMIZERS:

        def look(path: Path, name: str = name) -> None:
            space = catalog.create("space", "mobilenetv2", {})
            fitting = stages.task_for(space)
            assert fitting is not None
            made: dict[str, Any] = {
                "config": attrs.evolve(toys.settings(), budget=Budget(steps, "steps")),
                "optimizer": catalog.create("optimizer", name, OPTIMIZERS[name]),
                "space": space,
                "task": fitting[0],
                "trainer": catalog.find("trainer", "none").create(),
                "inherits": False,
            }
            toys.carried_out(toys.plan(**made), path)

        yield f"optimizer {name}", look


def watched(work: Callable[[Path], object], path: Path) -> None:
    """Carry it out and print step, resident bytes and evaluations after every step."""
    seen = {phase: np.full((MOST, 3), np.nan) for phase in ("warm-up", "search")}  # grows not
    counts = dict.fromkeys(seen, 0)
    statm = Path("/proc/self/statm")

    def hear(event: Event) -> None:
        if isinstance(event, StepFinished) and event.phase in seen and event.rates:
            resident = int(statm.read_text().split()[1]) * PAGE
            number = counts[event.phase]
            row = (number, resident, event.rates.get("evaluations", 0.0))
            seen[event.phase][number] = row
            counts[event.phase] = number + 1

    class Bus(toys.Bus):
        """Hears beside whoever else does."""

        def __init__(self) -> None:
            super().__init__()
            self.attach(hear)

    toys.Bus = Bus
    begin = time.process_time()
    work(path)
    log = path / "events.jsonl"
    longest = max(counts, key=lambda phase: counts[phase])
    told = {
        "seen": seen[longest][: counts[longest]].tolist(),
        "log": log.stat().st_size,
        "seconds": time.process_time() - begin,
    }
    sys.stdout.write(json.dumps(told))


def slope(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Of a line, with its error from lines that leave one of the blocks out (jackknife)."""
    block = np.arange(len(x)) * BLOCKS // len(x)
    if any(np.ptp(x[block != b]) == 0 for b in range(BLOCKS)):
        return 0.0, 0.0
    parts = [float(np.polyfit(x[block != b], y[block != b], 1)[0]) for b in range(BLOCKS)]
    spread = np.sqrt((BLOCKS - 1) * np.mean((np.array(parts) - np.mean(parts)) ** 2))
    return float(np.polyfit(x, y, 1)[0]), float(spread)


def steps(asked: argparse.Namespace) -> None:
    """Print a row for each."""
    print(f"{'':24}{'steps':>7}{'MB at end':>11}{'kB in 1,000 steps':>22}", end="")
    print(f"{'B an evaluation':>18}{'log B a step':>14}{'CPU s':>8}")
    with tempfile.TemporaryDirectory() as scratch:
        for name, work in lengths(Catalog.installed(), asked.steps):
            if asked.only not in name:
                continue
            path = Path(scratch) / name.replace(" ", "-")
            end = forked.run(lambda: watched(work, path), Path(scratch), cpu_s=3600, wall_s=7200)  # noqa: B023 - at once
            if end.code:
                print(f"{name:24} {(end.err.strip().splitlines() or ['?'])[-1][:120]}", flush=True)
                continue
            told = json.loads(end.out[end.out.rindex('{"seen"') :])
            seen = np.array(told["seen"], dtype=float)
            later = seen[len(seen) // 2 :]
            rise, error = (1000 * n / 1024 for n in slope(later[:, 0], later[:, 1]))
            each, unsure = slope(later[:, 2], later[:, 1])
            row = f"{name:24}{len(seen):7}{later[-1, 1] / 2**20:11.1f}{rise:13.1f} ± {error:6.1f}"
            row += f"{each:10.0f} ± {unsure:4.0f} {told['log'] / len(seen):14.0f}"
            print(row + f"{told['seconds']:8.1f}", flush=True)


# -- a large archive -----------------------------------------------------------------------------


def parts() -> dict[str, Any]:
    """Whose values are formulas."""
    return {
        "objectives": [ToyQuality(), ToyLatency()],
        "devices": [ToyDevice("toy-a"), ToyDevice("toy-b", power=0.8)],
    }


def large(path: Path, asked: argparse.Namespace) -> None:
    """Search, and print how long it took and how long saving did."""
    took: list[float] = []
    save = journal.Journal.save

    def timed(self: journal.Journal, content: Any) -> None:
        begin = time.perf_counter()
        save(self, content)
        took.append(time.perf_counter() - begin)

    journal.Journal.save = timed  # pyright: ignore[reportAttributeAccessIssue]
    begin = time.perf_counter()
    options = json.loads(asked.options)
    monas.search(
        "mobilenetv2", task="digits", **parts(), held_out=[], trainer="none", progress=False,
        optimizer=asked.optimizer, budget=f"{asked.evaluations}evals", preferences=8,
        options={"optimizer": options}, out_dir=path,
    )  # fmt: skip
    whole = time.perf_counter() - begin
    sys.stdout.write(json.dumps({"whole": whole, "saves": took}))


def used(path: Path) -> None:
    """Time what a person does with it."""
    from monas_core.report.page import write_report

    found: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        value = work()
        found[name] = time.perf_counter() - begin
        return value

    choices = Catalog.installed().create("space", "mobilenetv2", {}).choices
    timed("archive read", lambda: sum(1 for _ in Archive(path / "archive.jsonl").read(choices)))
    run = timed("opened", lambda: monas.open_run(path, **parts()))
    timed("front", lambda: run.front("toy-a"))
    timed("first pick", lambda: run.pick("toy-a"))
    timed("second pick", lambda: run.pick("toy-b"))
    timed("report", lambda: write_report(run.folder, path / "report.html"))
    sys.stdout.write(json.dumps(found))


def archive(asked: argparse.Namespace) -> None:
    """Print sizes and times."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "run"
        end = forked.run(lambda: large(path, asked), Path(scratch), cpu_s=3600, wall_s=7200)
        if end.code:
            raise SystemExit(end.err)
        told = json.loads(end.out[end.out.rindex('{"whole"') :])
        saved = sum(told["saves"])
        print(f"{asked.evaluations:,} evaluations by {asked.optimizer}: {told['whole']:.1f} s")
        print(f"  saving: {len(told['saves'])} checkpoints, {saved:.2f} s, ", end="")
        print(f"{saved / told['whole']:.2%} of the time, the longest {max(told['saves']):.2f} s")
        print(f"  largest memory: {end.megabytes:.0f} MB")
        for name in ("archive.jsonl", "events.jsonl", "checkpoints"):
            files = [path / name] if (path / name).is_file() else [*(path / name).rglob("*")]
            size = sum(file.stat().st_size for file in files if file.is_file())
            print(f"  {name}: {size / 1e6:.1f} MB")
        end = forked.run(lambda: used(path), Path(scratch), cpu_s=3600, wall_s=7200)
        if end.code:
            raise SystemExit(end.err)
        for name, seconds in json.loads(end.out[end.out.rindex('{"archive') :]).items():
            print(f"  {name}: {seconds:.2f} s")
        print(f"  memory of that process: {end.megabytes:.0f} MB")


def main() -> None:
    """Carry out what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    ways = parser.add_subparsers(required=True)
    long = ways.add_parser("steps")
    long.add_argument("--steps", type=int, default=2000)
    long.add_argument("--only", default="")
    long.set_defaults(work=steps)
    big = ways.add_parser("archive")
    big.add_argument("--evaluations", type=int, default=100_000)
    big.add_argument("--optimizer", default="random")
    big.add_argument("--options", default='{"batch": 500}')
    big.set_defaults(work=archive)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.work(asked)


if __name__ == "__main__":
    main()

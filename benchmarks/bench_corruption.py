"""Every file of a run, damaged in every way, under every command: what is said, and what changes.

    python benchmarks/bench_corruption.py [--share 1.0] [--seed 0] [--rows] [--minutes 40]

A tiny finished run with a trained subnet, one stopped in its search, one with a training that was
stopped, and the folder of a contest are damaged one file at a time. Each outcome is one of

- named: refused, or answered with a word about that file;
- harmless: the same answer as without the damage;
- silent: exit 0, another answer, and nothing said;
- unnamed: refused without saying which file;
- traceback, hang.

``--share`` draws that part of the cases; ``--rows`` prints those that are neither named nor
harmless. Cases come in an order drawn with the seed, so that what ``--minutes`` leaves out is
left out at random. 1 where there are any.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import itertools
import json
import math
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import forked
import numpy as np
import torch
from bench_kills import without_times

from monas_core.api import carry_out
from monas_core.catalog.lookup import Catalog
from monas_core.cli.main import main as monas
from monas_core.errors import Interrupted
from monas_core.events import Bus, Event, StepFinished
from monas_core.record.config import RunConfig, WarmUpConfig
from monas_core.run import Run
from monas_core.running.control import Control
from monas_core.values.budget import Budget

DAMAGES = ("removed", "truncated", "one byte", "emptied", "another run's", "folder")
GOOD = ("named", "harmless")
ALL = ("resume", "front", "pick", "export", "train", "report", "watch")
BASES: Mapping[str, tuple[str, ...]] = {
    "finished": ALL,
    "unfinished": ("resume", "front", "watch", "pick"),
    "training": ("train",),
    "contest": ("bench",),
}
"""By the state of a run the commands it is put to."""
_CONTEST = ("bench", "nb201", "--optimizers", "random,nsga2", "--seeds", "1")
_LEFT_OUT = (".lock", "report.html")
_SECONDS = re.compile(r'"(seconds|time|started)": [0-9.e+-]+|\d+:\d\d|"bytes": \d+')


# -- the runs --------------------------------------------------------------------------------


def config(out: Path, seed: int) -> RunConfig:
    """Seconds of temporal convolutions on generated windows."""
    return RunConfig(
        space="tcn", objectives=("acc", "lat"), devices=("raspberry-pi-4",), held_out=("n100",),
        optimizer="random", budget=Budget.parse("3steps"), preferences=3, seed=seed,
        warm_up=WarmUpConfig(steps=3, batch_size=2), out_dir=str(out),
    )  # fmt: skip


def stopping(control: Control, after: int, phase: str) -> Callable[[Event], None]:
    """An observer that asks to stop in the step of a phase with this number."""

    def hear(event: Event) -> None:
        if isinstance(event, StepFinished) and event.phase == phase and event.done >= after:
            control.stop()

    return hear


def stopped(work: Callable[[Bus, Control], object], after: int, phase: str) -> None:
    """Begin some work and stop it."""
    bus, control = Bus(), Control()
    bus.attach(stopping(control, after, phase))
    try:
        work(bus, control)
    except Interrupted:
        return
    raise RuntimeError(f"the {phase} ended before it could be stopped")


def make(base: str, out: Path, seed: int) -> None:
    """A run in this state."""
    if base == "contest":
        monas([*_CONTEST, "--budget", f"{6 + seed}evals", "--out-dir", str(out)])
        return
    installed = Catalog.installed()
    wanted = config(out, seed)
    if base == "unfinished":
        stopped(lambda bus, c: carry_out(wanted, installed, bus, control=c), 2, "warm-up")
        stopped(
            lambda bus, c: carry_out(wanted, installed, bus, control=c, resume=str(out)),
            2,
            "search",
        )
        return
    run = carry_out(wanted, installed)
    if base == "finished":
        run.train(run.pick(prefer={"acc": 0.5, "lat": 0.5}), budget="2steps")
        return
    from monas_core.train.loop import train
    from monas_core.train.settings import TrainSettings

    settings = TrainSettings.recommended(run.session.plan.warm_up, budget="4steps")
    which = run.architecture(run.pick(prefer={"acc": 0.5, "lat": 0.5}))
    for after in (1, 2):
        stopped(
            lambda bus, c: train(run.session.context, out, which, settings, bus=bus, control=c),
            after, "training",
        )  # fmt: skip


def files_of(run: Path, base: str) -> list[str]:
    """What is damaged, relative to the run."""
    found = sorted(p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file())
    found = [name for name in found if Path(name).name not in _LEFT_OUT]
    return [n for n in found if n.startswith("trained/")] if base == "training" else found


# -- damage ----------------------------------------------------------------------------------


def twin_of(name: str, other: Path) -> Path | None:
    """The file of another run that plays the same part."""
    if (other / name).exists():
        return other / name
    pattern = re.sub(r"trained/[^/]+/", "trained/*/", name)
    pattern = re.sub(r"step_\d+", "step_*", pattern)
    return next(iter(sorted(other.glob(pattern))), None)


def damage(path: Path, kind: str, other: Path | None, generator: np.random.Generator) -> bool:
    """Do it; whether it changed anything."""
    before = path.read_bytes()
    if kind in ("removed", "folder"):
        path.unlink()
        if kind == "folder":
            path.mkdir()
        return True
    after = {
        "truncated": lambda: before[: len(before) // 2],
        "emptied": lambda: b"",
        "one byte": lambda: changed(before, generator),
        "another run's": lambda: other.read_bytes() if other is not None else before,
    }[kind]()
    path.write_bytes(after)
    return after != before


def changed(data: bytes, generator: np.random.Generator) -> bytes:
    """Another digit for one in a text that has any: what a parser cannot notice; else one bit."""
    array = bytearray(data)
    digits = [i for i, byte in enumerate(data[: 1 << 16]) if 48 <= byte < 58]
    text = not data[:4096].count(0) and digits
    place = digits[generator.integers(len(digits))] if text else generator.integers(len(array))
    array[place] = 48 + (array[place] - 48 + 1) % 10 if text else array[place] ^ 1
    return bytes(array)


# -- commands --------------------------------------------------------------------------------


def words(command: str, run: Path, out: Path) -> list[str]:
    """What is typed."""
    told = {
        "resume": ["run", "--resume", run, "--json"],
        "front": ["front", run, "--json"],
        "pick": ["pick", run, "--json"],
        "export": ["export", run, "--format", "safetensors", "--out", out, "--json"],
        "train": ["train", run, "--budget", "4steps", "--json"],
        "report": ["report", run, "--json"],
        "watch": ["watch", run, "--plain"],
        "bench": [*_CONTEST, "--budget", "6evals", "--out-dir", run, "--json"],
    }[command]
    return [str(word) for word in told]


def carried_out(command: str, run: Path, out: Path, scratch: Path) -> forked.End:
    """Carry a command out in a child; watching a run that goes on is ended by Ctrl-C."""

    def work() -> None:
        import os
        import signal

        from monas_core.cli import watch

        if command == "watch":  # what has come so far, then Ctrl-C
            watch._POLL_S = 0.0
            tail, empty = watch.tail, itertools.count()

            def patient(*where: Any) -> Iterator[Event | None]:
                for event in tail(*where):
                    if event is None and next(empty) > 3:
                        os.kill(os.getpid(), signal.SIGINT)
                    yield event

            watch.tail = patient
            signal.signal(signal.SIGINT, signal.default_int_handler)
        monas(words(command, run, out))

    return forked.run(work, scratch)


def answer(command: str, run: Path, out: Path, end: forked.End, base: str) -> Any:
    """What a person gets: documents, fronts, weights."""
    told: Any = _SECONDS.sub("", end.out)
    kept: list[Path] = []
    if command == "resume":
        told = end.code  # durations differ, and the rest is in the files
        kept = [*run.glob("front/*.json")]
        kept += [run / "archive.jsonl"] if base == "unfinished" else []
    elif command == "export":
        kept = [path for path in out.rglob("*") if path.is_file()]
    elif command == "train":
        kept = [*run.glob("trained/*/weights/model.safetensors")]
    elif command == "report":
        kept = [run / "report.html"]
    elif command == "bench":
        verdict = run / "results.json"
        told = end.code, without_times(json.loads(verdict.read_text())) if not end.code else None
    return told, sorted((p.name, digest(p)) for p in kept if p.is_file())


def digest(path: Path) -> str:
    """Of what counts: not of when something was done."""
    data = path.read_bytes()
    if path.suffix == ".html":
        data = _SECONDS.sub("", data.decode()).encode()
    return hashlib.sha256(data).hexdigest()


def verdict(end: forked.End, now: Any, before: Any, usual: str, name: str) -> str:
    """Into which of the kinds an outcome falls; ``usual`` is what is said without damage."""
    if end.hung:
        return "hang"
    if end.code == forked.ESCAPED or end.code < 0 or "Traceback (most recent" in end.err:
        return "traceback"
    said = "\n".join(line for line in (end.err + end.out).splitlines() if line not in usual)
    parts = Path(name).parts
    known = {parts[-1], *(p for p in parts[:-1] if p not in ("front", "trained", "checkpoints"))}
    named = any(part in said for part in known) or (
        parts[0] in ("checkpoints", "front") and parts[0] in said
    )
    if now == before and (not end.code or not said.strip()):
        return "harmless"
    if end.code:
        return "named" if named else "unnamed"
    return "named" if named else "silent"


# -- the matrix ------------------------------------------------------------------------------


@attrs.frozen
class Case:
    """One damage of one file under one command."""

    base: str
    name: str
    kind: str
    command: str


class Matrix:
    """The runs and what their commands answer undisturbed.

    Args:
        work: An empty folder.
    """

    def __init__(self, work: Path) -> None:
        self._work = work
        self.run, self._out = work / "run", work / "exported"
        self._usual: dict[tuple[str, str], tuple[str, Any]] = {}
        for seed, base in itertools.product((0, 1), BASES):
            shutil.rmtree(self.run, ignore_errors=True)
            end = forked.run(lambda: make(base, self.run, seed), work)  # noqa: B023 - at once
            if end.code:
                raise RuntimeError(end.err)
            forked.learn(work)
            shutil.move(self.run, work / f"{base}{seed}")

    def cases(self) -> list[Case]:
        """All of them."""
        return [
            Case(base, name, kind, command)
            for base, commands in BASES.items()
            for name in files_of(self._work / f"{base}0", base)
            for kind in DAMAGES
            for command in commands
        ]

    def try_(self, case: Case, seed: int) -> str:
        """The verdict on a case; empty where the damage changes nothing."""
        usual, before = self._undamaged(case.base, case.command)
        self._fresh(case.base)
        key = f"{case.name} {case.kind} {seed}".encode()
        generator = np.random.default_rng(list(hashlib.sha256(key).digest()[:8]))
        other = twin_of(case.name, self._work / f"{case.base}1")
        if not damage(self.run / case.name, case.kind, other, generator):
            return ""
        end = carried_out(case.command, self.run, self._out, self._work)
        now = answer(case.command, self.run, self._out, end, case.base)
        found = verdict(end, now, before, usual, case.name)
        self.last = end
        return found

    def _undamaged(self, base: str, command: str) -> tuple[str, Any]:
        if (base, command) not in self._usual:
            self._fresh(base)
            end = carried_out(command, self.run, self._out, self._work)
            usual = end.err + end.out
            forked.learn(self._work)
            self._usual[base, command] = usual, answer(command, self.run, self._out, end, base)
        return self._usual[base, command]

    def _fresh(self, base: str) -> None:
        for path in (self.run, self._out):
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self._work / f"{base}0", self.run)


def drawn(cases: list[Case], share: float, seed: int) -> list[Case]:
    """A part of the cases, in an order drawn with the seed."""
    order = np.random.default_rng(seed).permutation(len(cases))
    return [cases[i] for i in order[: round(share * len(cases))]]


def main() -> int:
    """Print counts by command; 1 where something is neither named nor harmless."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--only", default="", help="Part of the name of a file.")
    parser.add_argument("--minutes", type=float, default=math.inf)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    Run.open  # noqa: B018 - everything is imported before the first fork
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as work:
        matrix, begin = Matrix(Path(work)), time.monotonic()
        chosen = drawn(matrix.cases(), asked.share, asked.seed)
        chosen = [c for c in chosen if asked.only in f"{c.base}/{c.name}"]
        for done, case in enumerate(chosen):
            if time.monotonic() - begin > 60 * asked.minutes:
                print(f"{done} of {len(chosen)} cases in {asked.minutes:g} minutes")
                break
            if asked.rows and done and not done % 100:
                print(f"{done} of {len(chosen)} after {time.monotonic() - begin:.0f} s", flush=True)
            found = matrix.try_(case, asked.seed)
            counts[case.command][found or "no change"] += 1
            if asked.rows and found and found not in GOOD:
                last = (matrix.last.err or matrix.last.out).strip().splitlines()
                row = [found, case.base, case.name, case.kind, case.command]
                print(*row, f"[{' '.join(last[-1:])[:150]}]", sep="  ", flush=True)
    return report(counts)


def report(counts: Mapping[str, collections.Counter[str]]) -> int:
    """Print the table; 1 where something is neither named nor harmless."""
    kinds = (*GOOD, "silent", "unnamed", "traceback", "hang")
    print(f"{'command':10}" + "".join(f"{kind:>11}" for kind in kinds))
    total = collections.Counter[str]()
    for command, row in counts.items():
        total += row
        print(f"{command:10}" + "".join(f"{row[kind]:11}" for kind in kinds))
    print(f"{'all':10}" + "".join(f"{total[kind]:11}" for kind in kinds))
    print(json.dumps(total))
    return int(any(total[kind] for kind in kinds[2:]))


if __name__ == "__main__":
    sys.exit(main())

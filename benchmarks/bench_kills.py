"""Runs killed at random moments and gone on with, against twins that nobody disturbed.

    python benchmarks/bench_kills.py [--kills 60] [--seed 0] [--only TEXT]

Every optimizer and trainer on the toy problem of the kit with two sets of options, losses and
teachers, the installed spaces at their smallest, retraining, ``train``, ``bench`` and runs of two
processes (``kill_scenarios.py``) are started in a child that gets SIGKILL at a random moment,
again and again until the kills are spent, and then gone on with to the end. Compared are fronts,
archive, weights of the last checkpoint and of trained subnets, and the events as a multiset
without times (steps, evaluations, final fronts, warnings). 1 where anything differs.
"""

from __future__ import annotations

import argparse
import collections
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import forked
import numpy as np
import torch
from kill_scenarios import Scenario, Work, scenarios
from safetensors.torch import load_file

from monas_core.catalog.lookup import Catalog
from monas_core.events import EvaluationAdded, FrontChanged, StepFinished, Warned, to_json
from monas_core.record import checkpoints, journal
from monas_core.record.rundir import RunFolder
from monas_core.run import Run

# -- what is compared ------------------------------------------------------------------------


def kept(path: Path) -> dict[str, Any]:
    """What must be the same, by name."""
    if not (path / "config.yaml").is_file():  # a contest
        return {"results": results(path)}
    folder, saved = RunFolder(path), checkpoints.newest(path)
    found: dict[str, Any] = {
        "fronts": {p.name: json.loads(p.read_bytes()) for p in path.glob("front/*.json")},
        "archive": (path / "archive.jsonl").read_bytes(),
        "result": {n: f | {"front": ""} for n, f in folder.result()["devices"].items()},
        "events": collections.Counter(told(folder)),
        "trained": {
            p.relative_to(path).as_posix(): plain(load_file(p))
            for p in path.glob("trained/*/weights/*.safetensors")
        },
    }
    if saved is not None:
        found["weights"] = plain(saved.content["session"].get("supernet"))
    return found


def results(path: Path) -> list[Any]:
    """Of a contest, without its durations."""
    found = []
    for file in sorted(path.rglob("*.json")):
        text = json.loads(file.read_text(encoding="utf-8"))
        found.append((file.name, json.dumps(without_times(text), sort_keys=True)))
    return found


def without_times(value: Any) -> Any:
    """A document without what a clock told, and where it lies."""
    if isinstance(value, dict):
        timed = ("second", "time", "memory", "started", "mb", "sha", "seal", "folder")
        kept_keys = {k: v for k, v in value.items() if not any(word in k for word in timed)}
        return {key: without_times(item) for key, item in kept_keys.items()}
    return [without_times(item) for item in value] if isinstance(value, list) else value


def plain(state: Any) -> Any:
    """Tensors as bytes, so that they can be compared."""
    return {k: v.numpy().tobytes() for k, v in state.items()} if state is not None else None


def told(folder: RunFolder) -> Iterator[str]:
    """Events that do not come by the clock, without their times.

    The last phases begin again where they are gone on with, from what is known by then: what
    they tell counts once, and how far they were not at all. So do signs of life before the first
    step of a search, whose devices are measured again in every process.
    """
    again: set[str] = set()
    for event in folder.events():
        if isinstance(event, StepFinished) and event.phase in ("finish", "retrain"):
            again.add(f"{event.phase} {event.note}")
            continue
        if isinstance(event, StepFinished) and event.note.startswith("measuring "):
            again.add(event.note)
            continue
        timed = isinstance(event, FrontChanged) and event.split != "final"
        if isinstance(event, StepFinished | EvaluationAdded | FrontChanged | Warned) and not timed:
            document = to_json(event)
            for name in ("time", "memory_mb", "rates"):
                document.pop(name, None)
            yield json.dumps(document, sort_keys=True)
    yield from again


def differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Names of what is not the same."""
    found = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    if "events" in found:
        more, less = other["events"] - one["events"], one["events"] - other["events"]
        found[found.index("events")] = f"events {short(more)} for {short(less)}"
    return found


def short(events: collections.Counter[str]) -> str:
    """How many, and what the first of them is like."""
    return f"{events.total()} {next(iter(events), '')[:220]}"


# -- killing ---------------------------------------------------------------------------------


@attrs.define
class Trial:
    """One scenario with its twin.

    Attributes:
        scenario: What is killed.
        seconds: Its twin took.
        kills: That met it at work.
        found: What differed in the end, or how it failed.
    """

    scenario: Scenario
    seconds: float = 0.0
    kills: int = 0
    moments: list[str] = attrs.field(factory=list)
    found: list[str] = attrs.field(factory=list)


def careful(work: Work, path: Path) -> None:
    """Do it with a checkpoint after every step: there are more moments to be killed in."""
    journal.CHECKPOINT_EVERY_S, journal.SHARE_OF_TIME = 0.0, 0  # pyright: ignore
    work(path)


def tried_on(
    scenario: Scenario, kills: int, scratch: Path, generator: np.random.Generator
) -> Trial:
    """Kill it some times, let it end, and compare it with its twin."""
    trial, twin, path = Trial(scenario), scratch / "twin" / "run", scratch / "killed" / "run"
    for folder in (twin.parent, path.parent):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    begin = time.perf_counter()
    whole = forked.run(lambda: careful(scenario.work, twin), scratch)
    trial.seconds = time.perf_counter() - begin
    if whole.code:
        trial.found = [f"twin: {last_line(whole)}"]
        return trial
    forked.learn(scratch)
    for _ in range(kills):
        after = float(generator.uniform(0.02, trial.seconds))
        end = forked.killed_after(lambda: careful(scenario.work, path), scratch, after)
        if end.code == 0:
            break
        if end.code != -9:
            trial.found = [f"killed: {last_line(end)}"]
            return trial
        trial.kills += 1
        trial.moments.append(moment(path))
    again = forked.run(lambda: careful(scenario.work, path), scratch)
    trial.found = [last_line(again)] if again.code else differing(kept(twin), kept(path))
    return trial


def last_line(end: forked.End) -> str:
    """Why something failed."""
    return (end.err.strip().splitlines() or [f"exit {end.code}"])[-1][:150]


def moment(path: Path) -> str:
    """In which phase it was killed, as far as its log tells."""
    log = path / "events.jsonl"
    lines = log.read_bytes().splitlines() if log.is_file() else []
    phases = [line for line in lines if b'"PhaseStarted"' in line and line.endswith(b"}")]
    inner = list(path.glob("trained/*/events.jsonl"))
    if inner:
        return "training"
    return json.loads(phases[-1])["phase"] if phases else "beginning"


def main() -> int:
    """Print a row for each scenario; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    generator = np.random.default_rng(asked.seed)
    chosen = [s for s in scenarios(Catalog.installed()) if asked.only in s.name]
    share, more = divmod(asked.kills, len(chosen))
    extra = set(generator.permutation(len(chosen))[:more].tolist())
    trials: list[Trial] = []
    with tempfile.TemporaryDirectory() as scratch:
        for index, scenario in enumerate(chosen):
            kills = max(1, share + (index in extra))
            trial = tried_on(scenario, kills, Path(scratch), generator)
            trials.append(trial)
            verdict = ", ".join(trial.found) or "the same"
            where = " ".join(trial.moments) or "-"
            row = f"{scenario.name:60.60} {trial.seconds:6.1f} s {trial.kills:3}"
            print(f"{row} {where:24} {verdict}", flush=True)
    failed = [trial for trial in trials if trial.found]
    moments = collections.Counter(where for trial in trials for where in trial.moments)
    print(f"{sum(t.kills for t in trials)} kills in {len(trials)} scenarios, {len(failed)} differ")
    print("by phase:", json.dumps(moments))
    return int(bool(failed))


if __name__ == "__main__":
    Run.open  # noqa: B018 - everything is imported before the first fork
    sys.exit(main())

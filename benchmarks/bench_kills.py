"""Runs killed at random moments and gone on with, against twins that nobody disturbed.

    python benchmarks/bench_kills.py [--kills 60] [--seed 0] [--only TEXT]

Every optimizer and trainer on the toy problem of the kit (with every second set of options they
declare), the installed spaces at their smallest, retraining, ``train`` and ``bench`` are started
in a child that gets SIGKILL at a random moment, again and again until the kills are spent, and
then gone on with to the end. Compared are fronts, archive, weights of the last checkpoint and of
trained subnets, and the events as a multiset without times (steps, evaluations, final fronts,
warnings). 1 where anything differs.
"""

from __future__ import annotations

import argparse
import collections
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import forked
import numpy as np
import torch
from safetensors.torch import load_file

from monas_core.catalog.lookup import Catalog, checked_options
from monas_core.catalog.specs import Entry
from monas_core.events import Bus, EvaluationAdded, FrontChanged, StepFinished, Warned, to_json
from monas_core.record import checkpoints, journal
from monas_core.record.config import RetrainConfig, RunConfig
from monas_core.record.rundir import RunFolder
from monas_core.run import Run
from monas_core.running.control import Control
from monas_core.running.engine import execute
from monas_core.running.plan import Plan
from monas_core.testing.fakes import (
    ToyDevice,
    ToyEmbedding,
    ToyLatency,
    ToyQuality,
    ToySpace,
    ToyTask,
)
from monas_core.testing.stages import TOY_PROVIDES, Stages
from monas_core.testing.variants import fitting, label
from monas_core.values.budget import Budget

SPACES = ("gpt", "mobilenetv3", "hat", "nasbench201", "darts", "tcn", "ibn", "fusion", "count")
Work = Callable[[Path], object]
"""Begins in a folder, or goes on there."""


@attrs.frozen
class Scenario:
    """What is killed.

    Attributes:
        name: For the table.
        work: Begins it, or goes on with it.
    """

    name: str
    work: Work


# -- what is run -----------------------------------------------------------------------------


def scenarios(catalog: Catalog) -> Iterator[Scenario]:
    """Everything that has state to lose."""
    for kind in ("optimizer", "trainer"):
        for entry in catalog.entries(kind):
            if entry.name == "blockwise":  # needs a teacher that a plan of toys has not
                continue
            for options in fitting(entry, TOY_PROVIDES)[:2]:
                name = f"{kind} {entry.name} {label(options)}"
                yield Scenario(name, toy(entry, options))
    yield Scenario("phase retrain", toy(catalog.find("optimizer", "random"), {}, retrain="3steps"))
    stages = Stages(catalog)
    for name in SPACES:
        yield Scenario(f"space {name}", of_space(stages, catalog.find("space", name)))
    yield Scenario("train", training(catalog))
    yield Scenario("bench", contest)


def toy(entry: Entry, options: dict[str, Any], retrain: str = "") -> Work:
    """A run on the toy problem, with an optimizer or a trainer that is installed."""

    def parts() -> dict[str, Any]:
        made: dict[str, Any] = {entry.kind: tried(entry, options)}
        if retrain:
            budget = Budget.parse(retrain)
            made["config"] = attrs.evolve(settings(), retrain=RetrainConfig(budget, members=2))
        return made

    def work(path: Path) -> None:
        given = parts()
        carried_out(plan(**given), path)

    return work


def tried(entry: Entry, options: dict[str, Any]) -> Any:
    """At its smallest where it has such a form and needs no options."""
    smallest = getattr(entry.load(), "tiny", None)
    if smallest is not None and not options:
        return smallest()
    return entry.create(**checked_options(entry, options))


def settings() -> RunConfig:
    """Of a run of toys."""
    return RunConfig(
        space="toy", objectives=("quality", "latency"), devices=("toy-a", "toy-b"),
        held_out=("toy-c",), budget=Budget.parse("10steps"), preferences=8, trainer="sandwich",
        optimizer="random",
    )  # fmt: skip


def plan(**parts: Any) -> Plan:
    """Toys, and what is given."""
    installed, space = Catalog.installed(), parts.get("space") or ToySpace()
    given: dict[str, Any] = {
        "config": settings(),
        "space": space,
        "task": ToyTask(),
        "objectives": (ToyQuality(), ToyLatency()),
        "devices": (ToyDevice("toy-a"), ToyDevice("toy-b", power=0.8)),
        "held_out": (ToyDevice("toy-c", power=1.1),),
        "embedding": ToyEmbedding(),
        "trainer": installed.find("trainer", "sandwich").create(),
        "optimizer": installed.find("optimizer", "random").create(),
        "warm_up": attrs.evolve(space.warm_up, steps=6, batch_size=4),
        "torch_device": torch.device("cpu"),
    }
    return Plan(**(given | parts))


def of_space(stages: Stages, entry: Entry) -> Work:
    """A space at its smallest on its own task, with the quality and size it has there."""
    space = entry.load().tiny()
    found = stages.task_for(space)
    assert found is not None
    task, _ = found

    def work(path: Path) -> None:
        installed = Catalog.installed()
        quality = installed.find("objective", "quality").create(task=task)
        objectives = (quality, installed.find("objective", "params").create())
        config = attrs.evolve(settings(), space=space.name, budget=Budget.parse("3steps"))
        optimizer = installed.create("optimizer", "random", {"batch": 2})
        made = plan(
            space=space, task=task, objectives=objectives, config=config, optimizer=optimizer
        )
        carried_out(made, path)

    return work


def carried_out(made: Plan, path: Path) -> None:
    """Begin or go on; finished is finished."""
    known = (path / "config.yaml").is_file()
    folder = RunFolder.open(path) if known else RunFolder.create(path, made.config)
    execute(made, folder, Bus(), Control())


def training(catalog: Catalog) -> Work:
    """A subnet of a finished run, trained alone."""

    def work(path: Path) -> None:
        from monas_core.train.loop import train
        from monas_core.train.settings import TrainSettings

        made = plan()
        carried_out(made, path)
        from monas_core.running.session import Session

        session = Session(made, path)
        saved = checkpoints.newest(path)
        assert saved is not None
        from monas_core.record.archive import Archive

        session.load_state_dict(saved.content["session"], Archive(path / "archive.jsonl"))
        wanted = TrainSettings.recommended(made.warm_up, budget="40steps", distil=True)
        train(session.context, path, made.space.ends().smallest, wanted)

    del catalog
    return work


def contest(path: Path) -> None:
    """Two optimizers on a problem of toys, twice, in this process."""
    from monas_core.cli.main import main as monas

    words = ["bench", "nb201", "--budget", "10evals", "--seeds", "2", "--jobs", "1"]
    monas([*words, "--optimizers", "random,nsga2", "--out-dir", str(path), "--json"])


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
    """A document without what a clock told."""
    if isinstance(value, dict):
        timed = ("second", "time", "memory", "started", "mb", "sha", "seal")
        kept_keys = {k: v for k, v in value.items() if not any(word in k for word in timed)}
        return {key: without_times(item) for key, item in kept_keys.items()}
    return [without_times(item) for item in value] if isinstance(value, list) else value


def plain(state: Any) -> Any:
    """Tensors as bytes, so that they can be compared."""
    return {k: v.numpy().tobytes() for k, v in state.items()} if state is not None else None


def told(folder: RunFolder) -> Iterator[str]:
    """Events that do not come by the clock, without their times.

    The last phases begin again where they are gone on with, from what is known by then: what
    they tell counts once, and how far they were not at all.
    """
    again: set[str] = set()
    for event in folder.events():
        if isinstance(event, StepFinished) and event.phase in ("finish", "retrain"):
            again.add(f"{event.phase} {event.note}")
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

"""What ``bench_kills.py`` kills: everything that has state to lose, at its smallest."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import torch

from monas_core.api import carry_out
from monas_core.catalog.lookup import Catalog, checked_options
from monas_core.catalog.specs import Entry
from monas_core.events import Bus
from monas_core.record import checkpoints
from monas_core.record.archive import Archive
from monas_core.record.config import RetrainConfig, RunConfig, WarmUpConfig
from monas_core.record.rundir import RunFolder
from monas_core.record.teaching import TeacherConfig
from monas_core.running.control import Control
from monas_core.running.engine import execute
from monas_core.running.plan import Plan
from monas_core.running.session import Session
from monas_core.running.teachers import TeacherOfRun
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
from monas_core.train.loop import train
from monas_core.train.settings import TrainSettings
from monas_core.values.budget import Budget

Work = Callable[[Path], object]
"""Begins in a folder, or goes on there."""
SECOND: Mapping[str, Mapping[str, Any]] = {
    "random": {"batch": 3},
    "constrained-ea": {"limits": 3},
    "block-traversal": {"batch": 5},
    "tunas": {"targets": 2},
}
"""Other options of optimizers that have no switch and no named alternatives to draw from."""
ELSEWHERE: Mapping[str, tuple[dict[str, Any], ...]] = {
    "optimizer gated": (
        {"space": "fusion", "objectives": ("acc:seg", "edges"), "optimizer": "gated"},
        {
            "space": "fusion",
            "objectives": ("acc:seg", "edges"),
            "optimizer": "gated",
            "options": {"optimizer": {"judged_with": "sampled", "steps": 50}},
        },
    ),
    "loss spp": (
        {"space": "count", "objectives": ("acc", "params"), "optimizer": "random", "loss": "spp"},
    ),
    "teacher": (
        {
            "space": "mobilenetv3",
            "objectives": ("rating", "params"),
            "optimizer": "random",
            "trainer": "blockwise",
            "teacher": TeacherConfig("largest", steps=3),
        },
    ),
}
"""Runs of parts that the toy problem has nothing for."""


@attrs.frozen
class Scenario:
    """What is killed.

    Attributes:
        name: For the table.
        work: Begins it, or goes on with it.
    """

    name: str
    work: Work


def scenarios(catalog: Catalog) -> Iterator[Scenario]:
    """Everything that has state to lose."""
    for entry in (*catalog.entries("optimizer"), *catalog.entries("trainer")):
        for options in two_sets(entry):
            yield Scenario(f"{entry.kind} {entry.name} {label(options)}", toy(entry, options))
    for name, several in ELSEWHERE.items():
        for number, parts in enumerate(several, start=1):
            yield Scenario(f"{name} {number}", installed_run(parts))
    random, stages = catalog.find("optimizer", "random"), Stages(catalog)
    for entry in catalog.entries("space"):
        yield Scenario(f"space {entry.name}", of_space(stages, entry))
    gpt = catalog.find("space", "gpt")
    others: dict[str, Work] = {
        **{f"phase retrain {members}": toy(random, {}, members) for members in (1, 2)},
        **{f"train {way}": training(way) for way in ("alone", "distilled", "longer")},
        **{f"bench {jobs} at once": contest(jobs) for jobs in (1, 2)},
        "two ranks, toys": ranked(lambda: judged(ToySpace(), ToyTask())),
        "two ranks, gpt": ranked(lambda: space_plan(stages, gpt)),
    }
    yield from (Scenario(name, work) for name, work in others.items())


def two_sets(entry: Entry) -> list[dict[str, Any]]:
    """The defaults and one other set of options, where there is any that toys can serve."""
    found = fitting(entry, TOY_PROVIDES)[:2]
    if len(found) == 1 and entry.name in SECOND:
        found.append(dict(SECOND[entry.name]))
    return found


# -- runs of toys ----------------------------------------------------------------------------


def toy(entry: Entry, options: dict[str, Any], retrained: int = 0) -> Work:
    """A run on the toy problem, with an optimizer or a trainer that is installed."""

    def work(path: Path) -> None:
        made: dict[str, Any] = {entry.kind: tried(entry, options)}
        if "teacher" in entry.spec.needs:
            place, given = torch.device("cpu"), TeacherConfig("largest", steps=3)
            made["teacher"] = TeacherOfRun(given, ToySpace(), ToyTask(), place)
        if retrained:
            again = RetrainConfig(Budget.parse("3steps"), members=retrained)
            made["config"] = attrs.evolve(settings(), retrain=again)
        carried_out(plan(**made), path)

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


def carried_out(made: Plan, path: Path) -> None:
    """Begin or go on; finished is finished."""
    known = (path / "config.yaml").is_file()
    folder = RunFolder.open(path) if known else RunFolder.create(path, made.config)
    execute(made, folder, Bus(), Control())


# -- installed spaces, and what toys have nothing for --------------------------------------------


def of_space(stages: Stages, entry: Entry) -> Work:
    """A space at its smallest on its own task."""
    return lambda path: carried_out(space_plan(stages, entry), path)


def space_plan(stages: Stages, entry: Entry) -> Plan:
    """With the quality and size it has there."""
    space = entry.load().tiny()
    found = stages.task_for(space)
    assert found is not None
    return judged(space, found[0])


def judged(space: Any, task: Any) -> Plan:
    """A plan whose objectives are the task's quality and the size."""
    installed = Catalog.installed()
    quality = installed.find("objective", "quality").create(task=task)
    objectives = (quality, installed.find("objective", "params").create())
    config = attrs.evolve(settings(), space=space.name, budget=Budget.parse("3steps"))
    optimizer = installed.create("optimizer", "random", {"batch": 2})
    return plan(space=space, task=task, objectives=objectives, config=config, optimizer=optimizer)


def installed_run(parts: dict[str, Any]) -> Work:
    """As the command line starts it, with what is installed."""

    def work(path: Path) -> None:
        config = RunConfig(
            **parts, devices=("raspberry-pi-4",), held_out=(), budget=Budget.parse("3steps"),
            preferences=3, warm_up=WarmUpConfig(steps=3, batch_size=2), out_dir=str(path),
        )  # fmt: skip
        resume = "auto" if (path / "config.yaml").is_file() else None
        carry_out(config, Catalog.installed(), resume=resume)

    return work


# -- trainings, contests, several processes ------------------------------------------------------


def training(way: str) -> Work:
    """A subnet of a finished run trained alone: by the task, by the largest, or twice."""
    distil = way == "distilled"
    budgets = ("20steps", "40steps") if way == "longer" else ("40steps",)

    def work(path: Path) -> None:
        made = plan()
        carried_out(made, path)
        session = Session(made, path)
        saved = checkpoints.newest(path)
        assert saved is not None
        session.load_state_dict(saved.content["session"], Archive(path / "archive.jsonl"))
        smallest, done = made.space.ends().smallest, path.parent / "first.done"
        for budget in budgets:
            if budget != budgets[-1] and done.exists():
                continue
            wanted = TrainSettings.recommended(made.warm_up, budget=budget, distil=distil)
            train(session.context, path, smallest, wanted)
            done.touch()

    return work


def contest(jobs: int) -> Work:
    """Two optimizers on a problem of the published tables, twice each."""

    def work(path: Path) -> None:
        from monas_core.cli.main import main as monas

        words = ["bench", "nb201", "--budget", "10evals", "--seeds", "2", "--jobs", str(jobs)]
        monas([*words, "--optimizers", "random,nsga2", "--out-dir", str(path), "--json"])

    return work


def ranked(made: Callable[[], Plan]) -> Work:
    """A run of two processes: this one and a child of it, which ends when this one is killed."""

    def work(path: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(probe.getsockname()[1])}
        helper = os.fork()
        if not helper:
            signal.alarm(120)
            try:
                _take_part(made(), 1, path)
            finally:
                os._exit(0)
        _take_part(made(), 0, path)
        os.waitpid(helper, 0)

    return work


def _take_part(made: Plan, number: int, path: Path) -> None:
    """One of two processes."""
    from monas_core.computing.joining import join
    from monas_core.computing.launch import Launch
    from monas_core.running.crew import serve
    from monas_core.running.together import leading

    ranks = join(Launch(number, 2, number))
    made = attrs.evolve(made, ranks=ranks, shares_training=True)
    if number:
        serve(Session(made, path))
        ranks.leave()
        return
    with leading(ranks):
        carried_out(made, path)

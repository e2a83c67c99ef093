"""Members of the final fronts trained alone, and the fronts judged by what they reach."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from monas_core import events
from monas_core.errors import Interrupted, UsageError
from monas_core.parts.objective import sign
from monas_core.record.config import load_config
from monas_core.record.front_store import read_front, to_csv
from monas_core.record.retrain import RetrainConfig
from monas_core.record.rundir import RunFolder
from monas_core.running.control import Control
from monas_core.running.engine import execute
from monas_core.running.judging import chosen, reached, reached_scale, spread_order
from monas_core.running.matching import match_retraining
from monas_core.running.plan import Plan
from monas_core.testing.fakes import ToyLatency, ToyQuality, ToyTask
from monas_core.train.folder import TrainedFolder
from monas_core.train.loop import PHASE as TRAINING
from monas_core.ui.view import fold_all
from monas_core.values.budget import Budget
from monas_core.values.front import non_dominated
from monas_core.values.member import Front, Member
from monas_quality.quality import Quality

Plans = Callable[..., Plan]
DEVICES = ("toy-a", "toy-b", "toy-c")


def retraining(plan: Plans, budget: str = "8steps", members: int = 5) -> Plan:
    made = plan("5steps")
    config = attrs.evolve(made.config, retrain=RetrainConfig(Budget.parse(budget), members))
    quality = Quality(made.task)
    return attrs.evolve(made, config=config, objectives=(quality, ToyLatency(), ToyQuality()))


def start(plan: Plan, path: Path, bus: events.Bus | None = None) -> None:
    resumed = (path / "config.yaml").exists()
    folder = RunFolder.open(path) if resumed else RunFolder.create(path, plan.config)
    control = Control()
    bus = bus or events.Bus()

    def stop(event: events.Event) -> None:
        if isinstance(event, events.Warned) and event.message == "stop":
            control.stop()

    bus.attach(stop)
    execute(plan, folder, bus, control)


def fronts(path: Path) -> dict[str, Front]:
    return {name: read_front(path / "front" / f"{name}.json") for name in DEVICES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, plan: Plans) -> Path:
    path = tmp_path_factory.mktemp("retrain") / "run"
    start(retraining(plan), path)
    return path


def test_what_is_trained_is_kept_and_capped(whole: Path) -> None:
    keys = json.loads((whole / "retrain.json").read_text())["chosen"]
    found = fronts(whole)
    assert len(keys) == 5 < len({m.key for f in found.values() for m in f.members})
    assert sorted(keys) == sorted(folder.path.name for folder in TrainedFolder.all_in(whole))
    ends = [found[name].members[0].key for name in DEVICES]
    assert set(ends) <= set(keys)


def test_values_are_the_trainings_own_beside_the_inherited(whole: Path) -> None:
    keys = json.loads((whole / "retrain.json").read_text())["chosen"]
    better = 0
    for front in fronts(whole).values():
        trained = [member for member in front.members if member.retrained]
        assert {m.key for m in trained} == {m.key for m in front.members} & set(keys)
        for member in trained:
            result = TrainedFolder(whole / "trained" / member.key).result()
            name = result["score"]["name"]
            assert member.retrained == {"acc": result["after"][name]}
            assert member.values["acc"] == pytest.approx(result["before"][name])
            better += member.retrained["acc"] < member.values["acc"]
    assert better


def test_the_front_is_judged_anew_among_all_that_were_trained(whole: Path) -> None:
    pool: dict[str, Member] = {}
    for front in fronts(whole).values():
        assert front.retrained is not None
        pool |= {m.key: m for m in (*front.members, *front.retrained.members) if m.retrained}
    for front in fronts(whole).values():
        judged = front.retrained
        assert judged is not None
        here = {m.key: m for m in (*judged.members, *front.members) if m.retrained}
        rows = [(m.reached["acc"], m.reached["toyl"], -m.reached["toyq"]) for m in here.values()]
        points = np.array(rows)
        best = {key for key, kept in zip(here, non_dominated(points), strict=True) if kept}
        assert best == {m.key for m in judged.members}
        own = [m for m in front.members if m.retrained]
        assert judged.hypervolume >= judged.inherited_hypervolume > 0
        if {m.key for m in judged.members} <= {m.key for m in own}:
            assert judged.hypervolume == pytest.approx(judged.inherited_hypervolume)
        rho: Any = spearmanr([m.values["acc"] for m in own], [m.retrained["acc"] for m in own])
        if len(own) > 1:
            assert judged.rank_correlation["acc"] == pytest.approx(float(rho.statistic))
        assert Front.from_json(json.loads(json.dumps(front.to_json()))) == front
        assert "acc retrained" in to_csv(front).splitlines()[0]
        facts = RunFolder(whole).result()["devices"][front.device]["retrained"]
        assert facts["hypervolume"] == judged.hypervolume
        assert facts["inherited_hypervolume"] == judged.inherited_hypervolume


def test_volumes_are_shares_of_what_training_reached(whole: Path) -> None:
    """Twice the inherited quality is no volume of two boxes."""
    front = next(iter(fronts(whole).values()))
    objectives = (Quality(ToyTask()), ToyLatency(), ToyQuality())
    acc = next(o for o in objectives if o.short == "acc")
    found = {"one": {"acc": 900.0}, "other": {"acc": 700.0}}
    scale = reached_scale(front, objectives, found)
    usual = dict(zip(("low", "high"), (front.ideal_point, front.reference_point), strict=True))
    ends = sorted(sign(acc) * value for value in (900.0, 700.0))
    assert (scale.low[0], scale.high[0]) == tuple(ends)
    assert scale.low[1] == pytest.approx(usual["low"][1])
    assert scale.reference_point()[1] == pytest.approx(usual["high"][1])


def test_it_is_one_counted_phase_of_the_run(whole: Path) -> None:
    log = list(RunFolder(whole).events())
    assert not [e for e in log if isinstance(e, events.PhaseStarted) and e.phase == TRAINING]
    assert sum(isinstance(e, events.RunStarted) for e in log) == 1
    steps = [e.done for e in log if isinstance(e, events.StepFinished) and e.phase == "retrain"]
    assert steps == sorted(steps)
    assert steps[-1] == 5
    view = fold_all(log)
    assert view.phases[-1].name == "retrain"
    assert (view.phases[-1].total, view.phases[-1].unit) == (5, "architectures")
    assert RunFolder(whole).result()["seconds"]["retrain"] > 0


@pytest.mark.parametrize("at", [1, 19, 40])
def test_stopped_and_resumed_equals_uninterrupted(
    whole: Path, plan: Plans, tmp_path: Path, at: int
) -> None:
    path, seen = tmp_path / "run", []
    bus = events.Bus()

    def stop(event: events.Event) -> None:
        if isinstance(event, events.StepFinished) and event.phase == "retrain":
            seen.append(event)
            if len(seen) == at:
                bus.emit(events.Warned(0.0, "stop"))

    bus.attach(stop)
    with pytest.raises(Interrupted, match="stopped during retrain; go on with: monas run --resume"):
        start(retraining(plan), path, bus)
    assert not RunFolder(path).finished
    start(retraining(plan), path)
    assert_equal(path, whole)


def test_killed_in_the_midst_of_a_training(
    whole: Path, plan: Plans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monas_core.record import journal

    class Killed(BaseException):
        pass

    monkeypatch.setattr(journal, "CHECKPOINT_EVERY_S", 0.0)
    monkeypatch.setattr(journal, "SHARE_OF_TIME", 0.0)
    made, drawn = retraining(plan), []
    batch = made.task.batch

    def dying(*arguments: Any) -> Any:
        drawn.append(arguments[0] == "train" and (tmp_path / "run" / "retrain.json").exists())
        if sum(drawn) > 30:
            raise Killed
        return batch(*arguments)

    monkeypatch.setattr(made.task, "batch", dying)
    with pytest.raises(Killed):
        start(made, tmp_path / "run")
    started = list(TrainedFolder.all_in(tmp_path / "run"))
    assert any(folder.finished for folder in started)
    assert not all(folder.finished for folder in started)
    start(retraining(plan), tmp_path / "run")
    assert_equal(tmp_path / "run", whole)


def assert_equal(path: Path, whole: Path) -> None:
    for name in ("retrain.json", *(f"front/{device}.json" for device in DEVICES)):
        assert (path / name).read_bytes() == (whole / name).read_bytes()
    weights = "weights/model.safetensors"
    for folder in TrainedFolder.all_in(whole):
        again = path / "trained" / folder.path.name / weights
        assert again.read_bytes() == (folder.path / weights).read_bytes()
    results = [RunFolder(run).result()["devices"] for run in (path, whole)]
    one, other = ({n: facts["retrained"] for n, facts in r.items()} for r in results)
    assert one == other


def test_without_it_nothing_is_trained(plan: Plans, tmp_path: Path) -> None:
    start(plan("3steps"), tmp_path / "run")
    assert not (tmp_path / "run" / "retrain.json").exists()
    assert not (tmp_path / "run" / "trained").exists()
    assert all(front.retrained is None for front in fronts(tmp_path / "run").values())
    assert "retrain" not in RunFolder(tmp_path / "run").result()["seconds"]


def test_without_a_supernet_they_start_from_fresh_weights(plan: Plans) -> None:
    made = retraining(plan)
    assert made.retraining is not None
    assert not made.retraining.from_scratch
    alone = attrs.evolve(made, inherits=False).retraining
    assert alone is not None
    assert alone.from_scratch
    assert plan().retraining is None


@given(st.integers(0, 60))
def test_a_front_is_gone_along_ends_and_middle_first(count: int) -> None:
    order = spread_order(count)
    assert sorted(order) == list(range(count))
    for taken in range(2, count):
        known = sorted(order[:taken])
        gaps = [b - a for a, b in pairwise(known)]
        assert known[0] == 0
        assert known[-1] == count - 1
        assert max(gaps) <= 2 * (count - 1) / (taken - 1) + 2


def test_devices_take_turns(whole: Path) -> None:
    found = list(fronts(whole).values())
    few = chosen(found, 3)
    assert len({m.key for m in few}) == 3
    assert few[0].key == found[0].members[0].key
    every = {m.key for front in found for m in front.members}
    assert {m.key for m in chosen(found, 10_000)} == every
    assert chosen([], 4) == []


def test_a_training_that_came_to_nothing_is_not_judged() -> None:
    objectives = (Quality(ToyTask()), ToyLatency())
    name = ToyTask().score.name
    assert reached(objectives, {name: 0.25, "other": 1.0}) == {"acc": 0.25}
    for after in ({name: None}, {name: float("nan")}, {}, None):
        assert reached(objectives, after) is None


def test_it_is_refused_where_no_objective_is_a_score() -> None:
    wanted = RetrainConfig(Budget.parse("5steps"))
    with pytest.raises(UsageError, match=r"none of the objectives \(toyl\) is one; .*--retrain"):
        match_retraining(wanted, [ToyLatency()])
    match_retraining(wanted, [Quality(ToyTask()), ToyLatency()])
    match_retraining(RetrainConfig(), [ToyQuality()])


def test_it_is_written_as_a_budget_or_as_a_group() -> None:
    def read(dotted: tuple[str, ...] = (), **given: Any) -> RetrainConfig:
        return load_config(None, {"space": "toy", **given}, dotted).retrain

    assert read() == RetrainConfig()
    assert read(retrain="500steps") == RetrainConfig(Budget(500, "steps"))
    assert read(("retrain=20s",)) == RetrainConfig(Budget(20, "seconds"))
    assert read(("retrain.members=3",), retrain="20s") == RetrainConfig(Budget(20, "seconds"), 3)
    assert read(("retrain=null",), retrain="20s") == RetrainConfig()
    assert read(retrain={"budget": "5steps", "members": 2}).members == 2


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ("20evals", "not counted in evaluations"),
        ("often", "not understood"),
        (5, "retrain"),
        ({"members": 0}, "retrain.members"),
        ({"most": 3}, "unknown key"),
    ],
)
def test_bad_settings_are_refused(given_: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_config(None, {"space": "toy", "retrain": given_})


def test_a_budget_alone_keeps_what_a_file_says_of_members(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("space: toy\nretrain:\n  members: 4\n")
    assert load_config(file, {"retrain": "9steps"}).retrain == RetrainConfig(Budget(9, "steps"), 4)

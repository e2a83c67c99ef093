"""A whole run: what it leaves on disk, and that stopping it anywhere changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from monas_core import state
from monas_core.errors import Interrupted, UsageError
from monas_core.events import Bus, Event, PhaseStarted, RunFinished, RunStarted, StepFinished
from monas_core.record import checkpoints
from monas_core.record.archive import Archive
from monas_core.record.front_store import read_front
from monas_core.record.rundir import RunFolder
from monas_core.running.control import Control
from monas_core.running.engine import RunResult, execute
from monas_core.running.plan import Plan

Plans = Callable[..., Plan]


def start(
    plan: Plan, path: Path, control: Control | None = None, bus: Bus | None = None
) -> RunResult:
    folder = RunFolder(path) if path.exists() else RunFolder.create(path, plan.config)
    return execute(plan, folder, bus or Bus(), control or Control())


def stopped_at(plan: Plan, path: Path, step: int) -> None:
    """Run until the given number of finished steps, then stop as Ctrl-C would."""
    control, bus, seen = Control(), Bus(), 0

    def count(event: Event) -> None:
        nonlocal seen
        seen += isinstance(event, StepFinished)
        if seen == step:
            control.stop()

    bus.attach(count)
    with pytest.raises(Interrupted, match="go on with"):
        start(plan, path, control, bus)


def final_state(path: Path) -> dict[str, Any]:
    return state.load(checkpoints.found(path)[-1])["session"]


def assert_same(first: Any, second: Any, where: str = "state") -> None:
    """Equal bit for bit, but for seconds on the clock."""
    if isinstance(first, dict):
        assert first.keys() == second.keys(), where
        for key in first:
            if key != "seconds":
                assert_same(first[key], second[key], f"{where}/{key}")
    elif isinstance(first, list):
        assert len(first) == len(second), where
        for index, pair in enumerate(zip(first, second, strict=True)):
            assert_same(*pair, f"{where}/{index}")
    elif isinstance(first, torch.Tensor):
        assert torch.equal(first, second), where
    else:
        assert first == second, where


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, plan: Plans) -> Path:
    path = tmp_path_factory.mktemp("engine") / "run"
    start(plan(), path)
    return path


def test_the_finish_counts_to_its_end(uninterrupted: Path) -> None:
    """Costs on every device are a part of it; a bar that falls back is no bar."""
    events = list(RunFolder(uninterrupted).events())
    begun = [e for e in events if isinstance(e, PhaseStarted) and e.phase == "finish"]
    done = [e.done for e in events if isinstance(e, StepFinished) and e.phase == "finish"]
    assert done == sorted(done)
    assert done[-1] == begun[-1].total


def test_a_run_leaves_everything_later_commands_need(uninterrupted: Path) -> None:
    names = {entry.name for entry in uninterrupted.iterdir()}
    assert names >= {
        "config.yaml",
        "env.json",
        "events.jsonl",
        "archive.jsonl",
        "checkpoints",
        "front",
        "front.png",
        "result.json",
    }
    assert (uninterrupted / "front.png").read_bytes().startswith(b"\x89PNG")
    result = json.loads((uninterrupted / "result.json").read_text())
    assert set(result["devices"]) == {"toy-a", "toy-b", "toy-c"}
    for name, facts in result["devices"].items():
        document = read_front(Path(facts["front"]))
        assert document.device == name
        assert document.held_out == (name == "toy-c")
        assert len(document.members) == facts["members"] >= 3
        assert document.hypervolume == pytest.approx(facts["hypervolume"])
        assert not list((uninterrupted / "front").glob(".*")), "a draft was left behind"


def test_front_members_do_not_dominate_each_other(uninterrupted: Path) -> None:
    for path in (uninterrupted / "front").glob("*.json"):
        document = read_front(path)
        signs = [1 if o.direction == "min" else -1 for o in document.objectives]
        names = document.names
        values = [
            [sign * m.values[name] for sign, name in zip(signs, names, strict=True)]
            for m in document.members
        ]
        for first in values:
            for second in values:
                better = first[0] <= second[0] and first[1] <= second[1]
                assert not better or first == second


def test_events_begin_with_the_run_and_end_with_its_end(uninterrupted: Path) -> None:
    found = list(RunFolder(uninterrupted).events())
    assert isinstance(found[0], RunStarted)
    assert isinstance(found[-1], RunFinished)
    assert found[-1].status == "done"
    assert [e.time for e in found] == sorted(e.time for e in found)


@pytest.mark.parametrize("step", [1, 4, 8, 13, 18, 22])
def test_stopped_and_resumed_equals_uninterrupted(
    uninterrupted: Path, plan: Plans, tmp_path: Path, step: int
) -> None:
    path = tmp_path / "run"
    stopped_at(plan(), path, step)
    assert not RunFolder(path).finished
    start(plan(), path)
    assert_same(final_state(path), final_state(uninterrupted))
    choices = plan().space.choices
    again = list(Archive(path / "archive.jsonl").read(choices))
    assert again == list(Archive(uninterrupted / "archive.jsonl").read(choices))
    for front in (uninterrupted / "front").glob("*.json"):
        assert json.loads(front.read_text()) == json.loads(
            (path / "front" / front.name).read_text()
        )


def test_a_checkpoint_of_another_version_is_refused_in_one_sentence(
    plan: Plans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / "run", plan()
    stopped_at(plan(), path, 13)

    def other_parts(state: Any) -> None:
        raise RuntimeError("size mismatch for log_scales")

    monkeypatch.setattr(other.optimizer, "load_state_dict", other_parts)
    with pytest.raises(
        UsageError, match=r"does not fit what is installed \(size mismatch.*new run"
    ):
        start(other, path)
    assert checkpoints.found(path), "what was saved is still there"


def test_another_seed_gives_another_run(uninterrupted: Path, plan: Plans, tmp_path: Path) -> None:
    start(plan(seed=1), tmp_path / "run")
    first, second = final_state(tmp_path / "run"), final_state(uninterrupted)
    assert any(
        not torch.equal(first["supernet"][name], second["supernet"][name])
        for name in first["supernet"]
    )


def test_a_finished_run_is_returned_as_it_is(uninterrupted: Path, plan: Plans) -> None:
    before = (uninterrupted / "front" / "toy-a.json").read_bytes()
    result = start(plan(), uninterrupted)
    assert set(result.devices) == {"toy-a", "toy-b", "toy-c"}
    assert (uninterrupted / "front" / "toy-a.json").read_bytes() == before


def damage(checkpoint: Path) -> None:
    tensors = checkpoint / "tensors.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:100])


def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    uninterrupted: Path, plan: Plans, tmp_path: Path
) -> None:
    path = tmp_path / "run"
    stopped_at(plan(), path, 8)
    stopped_at(plan(), path, 6)
    made = checkpoints.found(path)
    assert len(made) == 2
    damage(made[-1])
    start(plan(), path)
    assert_same(final_state(path), final_state(uninterrupted))


def test_a_run_whose_checkpoints_are_all_damaged_says_so(plan: Plans, tmp_path: Path) -> None:
    path = tmp_path / "run"
    stopped_at(plan(), path, 8)
    for checkpoint in checkpoints.found(path):
        damage(checkpoint)
    with pytest.raises(UsageError, match=r"step_\d+ is missing or damaged"):
        start(plan(), path)


def test_two_processes_cannot_work_on_one_run(plan: Plans, tmp_path: Path) -> None:
    path = tmp_path / "run"
    stopped_at(plan(), path, 4)
    before = (path / "events.jsonl").read_bytes()
    with RunFolder(path).locked(), pytest.raises(UsageError, match="by another process"):
        start(plan(), path)
    assert (path / "events.jsonl").read_bytes() == before


def test_a_failing_plugin_is_told_and_the_checkpoint_stays(plan: Plans, tmp_path: Path) -> None:
    broken = plan()
    original = broken.optimizer.step
    calls = 0

    def step() -> Any:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise ZeroDivisionError("a fault of the plugin")
        return original()

    broken.optimizer.step = step  # type: ignore[method-assign]
    path = tmp_path / "run"
    with pytest.raises(ZeroDivisionError):
        start(broken, path)
    last = list(RunFolder(path).events())[-1]
    assert isinstance(last, RunFinished)
    assert last.status == "failed"
    start(plan(), path)
    assert RunFolder(path).finished


def test_a_failing_observer_is_detached_and_the_run_goes_on(plan: Plans, tmp_path: Path) -> None:
    bus, heard = Bus(), []

    def broken(event: Event) -> None:
        raise RuntimeError("no")

    bus.attach(broken)
    bus.attach(heard.append)
    start(plan(), tmp_path / "run", bus=bus)
    warnings = [e for e in heard if type(e).__name__ == "Warned"]
    assert len(warnings) == 1
    assert "broken" in warnings[0].message

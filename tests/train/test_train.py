"""One subnet trained alone: scores, resuming, distillation, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import torch

from monas_core import events
from monas_core.errors import Interrupted, UsageError
from monas_core.parts.space import WarmUp
from monas_core.parts.task import Batch
from monas_core.record import checkpoints, journal
from monas_core.running.control import Control
from monas_core.running.session import Session
from monas_core.testing.fakes import ToyTask
from monas_core.train.distillation import divergence
from monas_core.train.folder import TrainedFolder
from monas_core.train.loop import train
from monas_core.train.settings import TrainSettings
from monas_core.train.weights import subnet
from monas_core.values.architecture import Architecture

WARM_UP = WarmUp(steps=40, batch_size=8, learning_rate=1e-2)
Make = Callable[..., Session]


def settings(budget: str = "30steps", **given: object) -> TrainSettings:
    return TrainSettings.recommended(WARM_UP, budget=budget, **given)  # pyright: ignore


def weights(session: Session, run: Path, architecture: Architecture) -> list[torch.Tensor]:
    return list(subnet(session.context, run, architecture, "trained")[0].state_dict().values())


def test_training_improves_the_score_and_keeps_everything(
    session: Make, architecture: Architecture, tmp_path: Path
) -> None:
    made = session()
    result = train(made.context, tmp_path, architecture, settings("60steps"))
    name = result["score"]["name"]
    assert result["after"][name] < result["before"][name]
    assert result["steps"] == 60
    folder = TrainedFolder.of(tmp_path, architecture)
    assert folder.result() == result
    assert sorted(path.name for path in folder.path.iterdir()) == [
        ".lock", "events.jsonl", "result.json", "settings.json", "weights",
    ]  # fmt: skip
    network, origin = subnet(made.context, tmp_path, architecture)
    assert origin == "trained"
    assert not network.training
    assert ToyTask().evaluate(network, "test")[name] == pytest.approx(result["after"][name])
    inherited, origin = subnet(made.context, tmp_path, architecture, "inherited")
    assert origin == "inherited"
    assert ToyTask().evaluate(inherited, "test")[name] == pytest.approx(result["before"][name])


@pytest.mark.parametrize("distil", [False, True])
def test_resumed_equals_uninterrupted(
    session: Make, architecture: Architecture, tmp_path: Path, distil: bool
) -> None:
    whole = train(session().context, tmp_path / "a", architecture, settings(distil=distil))
    control = Control()

    def stop(event: events.Event) -> None:
        if isinstance(event, events.StepFinished) and event.step in (7, 19):
            control.stop()

    for _ in range(2):
        control.stopping = False
        bus = events.Bus()
        bus.attach(stop)
        torch.manual_seed(torch.seed())  # the global state is another one each time
        with pytest.raises(Interrupted, match=r"of 30 steps are done"):
            train(
                session().context, tmp_path / "b", architecture, settings(distil=distil),
                bus=bus, control=control,
            )  # fmt: skip
    again = train(session().context, tmp_path / "b", architecture, settings(distil=distil))
    assert (again["before"], again["after"]) == (whole["before"], whole["after"])
    for one, other in zip(
        weights(session(), tmp_path / "a", architecture),
        weights(session(), tmp_path / "b", architecture),
        strict=True,
    ):
        assert torch.equal(one, other)
    logs = [
        [e.losses for e in TrainedFolder.of(tmp_path / run, architecture).events()
         if isinstance(e, events.StepFinished)]
        for run in "ab"
    ]  # fmt: skip
    assert logs[0] == logs[1]


def test_killed_without_warning_it_goes_on_from_the_last_checkpoint(
    session: Make, architecture: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(session().context, tmp_path / "a", architecture, settings())
    monkeypatch.setattr(journal, "CHECKPOINT_EVERY_S", 0.0)
    monkeypatch.setattr(journal, "SHARE_OF_TIME", 0.0)

    class Killed(BaseException):
        pass

    made = session()
    task = made.context.require_task()
    batch, drawn = task.batch, []

    def dying(*arguments: Any) -> Batch:
        drawn.append(1)
        if len(drawn) > 17:
            raise Killed
        return batch(*arguments)

    monkeypatch.setattr(task, "batch", dying)
    with pytest.raises(Killed):
        train(made.context, tmp_path / "b", architecture, settings())
    assert checkpoints.found(TrainedFolder.of(tmp_path / "b", architecture).path)
    assert (
        train(session().context, tmp_path / "b", architecture, settings())["after"]
        == whole["after"]
    )


def test_a_time_becomes_a_number_of_steps_once_and_for_all(
    session: Make, architecture: Architecture, tmp_path: Path
) -> None:
    control = Control()
    control.stop()
    with pytest.raises(Interrupted):
        train(session().context, tmp_path, architecture, settings("0.3s"), control=control)
    steps = TrainedFolder.of(tmp_path, architecture).settings()["steps"]
    assert steps > 1
    assert train(session().context, tmp_path, architecture, settings("0.3s"))["steps"] == steps


def test_the_same_training_is_not_repeated_and_another_needs_a_word(
    session: Make, architecture: Architecture, tmp_path: Path
) -> None:
    first = train(session().context, tmp_path, architecture, settings("5steps"))
    assert train(session().context, tmp_path, architecture, settings("5steps")) == first
    for other in (settings("4steps"), settings("5s"), settings("6steps", learning_rate=0.5)):
        with pytest.raises(UsageError, match=r"trained with (budget|learning_rate).* --anew"):
            train(session().context, tmp_path, architecture, other)
    assert (
        train(session().context, tmp_path, architecture, settings("4steps"), anew=True)["steps"]
        == 4
    )


def test_more_steps_go_on_from_the_weights_that_are_there(
    session: Make, architecture: Architecture, tmp_path: Path
) -> None:
    first = train(session().context, tmp_path, architecture, settings("10steps"))
    folder = TrainedFolder.of(tmp_path, architecture)
    with folder.at("settings.json").open() as stream:
        assert "earlier" not in json.load(stream)
    heard: list[events.Event] = []
    bus = events.Bus()
    bus.attach(heard.append)
    longer = train(session().context, tmp_path, architecture, settings("40steps"), bus=bus)
    name = longer["score"]["name"]
    assert longer["steps"] == 40
    assert longer["before"] == first["before"]
    assert longer["after"][name] < first["after"][name] < first["before"][name]
    opening = next(event for event in heard if isinstance(event, events.RunStarted))
    assert opening.facts["starts from"] == "its weights after 10 steps"
    assert [e.step for e in heard if isinstance(e, events.StepFinished)] == list(range(1, 31))
    assert train(session().context, tmp_path, architecture, settings("40steps")) == longer
    with pytest.raises(UsageError, match="budget 40steps"):
        train(session().context, tmp_path, architecture, settings("10steps"))
    assert train(session().context, tmp_path, architecture, settings("41steps"))["steps"] == 41


def test_what_is_made_longer_may_be_stopped_and_killed_anywhere(
    session: Make, architecture: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in "abcd":
        train(session().context, tmp_path / run, architecture, settings("4steps"))
    wanted = train(session().context, tmp_path / "a", architecture, settings("14steps"))
    # stopped between two steps
    control, bus = Control(), events.Bus()

    def stop(event: events.Event) -> None:
        if isinstance(event, events.StepFinished) and event.step == 3:
            control.stop()

    bus.attach(stop)
    with pytest.raises(Interrupted, match="3 of 10 steps"):
        train(session().context, tmp_path / "b", architecture, settings("14steps"), bus=bus,
              control=control)  # fmt: skip
    with pytest.raises(UsageError, match="which has not ended; finish that"):
        train(session().context, tmp_path / "b", architecture, settings("20steps"))

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as changed:  # before anything but the settings was changed
        changed.setattr("monas_core.train.earlier.remove", die)
        with pytest.raises(Killed):
            train(session().context, tmp_path / "c", architecture, settings("14steps"))
    with monkeypatch.context() as changed:  # when the new weights are there and no result is
        changed.setattr(TrainedFolder, "finish", die)
        with pytest.raises(Killed):
            train(session().context, tmp_path / "d", architecture, settings("14steps"))
    for run in "bcd":
        found = train(session().context, tmp_path / run, architecture, settings("14steps"))
        assert (found["before"], found["after"]) == (wanted["before"], wanted["after"])


def test_more_time_goes_on_too(session: Make, architecture: Architecture, tmp_path: Path) -> None:
    first = train(session().context, tmp_path, architecture, settings("0.01s"))["steps"]
    assert train(session().context, tmp_path, architecture, settings("0.03s"))["steps"] > first


def test_from_scratch_starts_from_other_weights(
    session: Make, architecture: Architecture, tmp_path: Path
) -> None:
    made = session()
    inherited = train(made.context, tmp_path / "a", architecture, settings("1steps"))
    fresh = train(made.context, tmp_path / "b", architecture, settings("1steps", from_scratch=True))
    assert fresh["before"] != inherited["before"]


def test_distillation_measures_the_distance_to_the_teacher() -> None:
    logits = torch.randn(4, 5)
    assert float(divergence(logits, logits)) == pytest.approx(0.0, abs=1e-6)
    given, wanted = torch.zeros(1, 2), torch.log(torch.tensor([[0.8, 0.2]]))
    expected = 0.8 * torch.tensor(1.6).log() + 0.2 * torch.tensor(0.4).log()
    assert float(divergence(given, wanted, temperature=1.0)) == pytest.approx(float(expected))


def test_the_gradient_of_distillation_does_not_depend_on_the_temperature() -> None:
    """Hinton et al., section 2.1: in the limit it is that of matching logits."""
    sizes = []
    for temperature in (50.0, 200.0):
        student = torch.zeros(1, 3, requires_grad=True)
        divergence(student, torch.tensor([[1.0, 0.0, -1.0]]), temperature).backward()
        assert student.grad is not None
        sizes.append(float(student.grad.norm()))
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)


def test_nothing_is_written_when_distillation_has_nothing_to_compare(
    session: Make, architecture: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = session()
    monkeypatch.setattr(type(made.context.require_task()), "n_outputs", 9)
    with pytest.raises(UsageError, match="leave out --distil"):
        train(made.context, tmp_path, architecture, settings(distil=True))
    assert not list(tmp_path.rglob("*"))


def test_without_a_supernet_only_from_scratch(
    session: Make, architecture: Architecture, tmp_path: Path
) -> None:
    made = session()
    made.context.supernet = None
    with pytest.raises(UsageError, match="add --from-scratch"):
        train(made.context, tmp_path, architecture, settings())
    with pytest.raises(UsageError, match="leave out --distil"):
        train(made.context, tmp_path, architecture, settings(distil=True, from_scratch=True))
    with pytest.raises(UsageError, match=r"no supernet to inherit weights from; train the subnet"):
        subnet(made.context, tmp_path, architecture)
    train(made.context, tmp_path, architecture, settings("2steps", from_scratch=True))
    assert subnet(made.context, tmp_path, architecture)[1] == "trained"


def test_two_processes_do_not_train_one_subnet(
    session: Make, architecture: Architecture, tmp_path: Path
) -> None:
    folder = TrainedFolder.of(tmp_path, architecture)
    folder.path.mkdir(parents=True)
    with folder.locked(), pytest.raises(UsageError, match="by another process"):
        train(session().context, tmp_path, architecture, settings())


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"budget": "5evals"}, "not counted in evaluations"),
        ({"budget": "5"}, "120s, 60steps or 200evals"),
        ({"learning_rate": 0.0}, "learning rate of a training must be positive, got 0"),
        ({"learning_rate": float("nan")}, "must be positive"),
        ({"batch_size": 0}, "batch size of a training must be positive"),
        ({"seed": -1}, "at least 0"),
    ],
)
def test_bad_settings_are_refused(given: dict[str, object], wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted):
        TrainSettings.recommended(WARM_UP, **given)  # pyright: ignore


def test_damaged_files_are_told(session: Make, architecture: Architecture, tmp_path: Path) -> None:
    made = session()
    with pytest.raises(UsageError, match=r"has not been trained alone; train it with: monas train"):
        subnet(made.context, tmp_path, architecture, "trained")
    with pytest.raises(UsageError, match="choose auto, inherited, trained"):
        subnet(made.context, tmp_path, architecture, "old")
    train(made.context, tmp_path, architecture, settings("2steps"))
    folder = TrainedFolder.of(tmp_path, architecture)
    file = folder.path / "weights" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(UsageError, match=r"missing or damaged .* --weights inherited"):
        subnet(made.context, tmp_path, architecture)
    (folder.path / "settings.json").write_text("{")
    with pytest.raises(UsageError, match=r"settings.json is missing or damaged .* --anew"):
        train(made.context, tmp_path, architecture, settings("2steps"))
    assert train(made.context, tmp_path, architecture, settings("2steps"), anew=True)["steps"] == 2


def test_the_result_is_plain_json(
    session: Make, architecture: Architecture, tmp_path: Path
) -> None:
    result = train(session().context, tmp_path, architecture, settings("2steps"))
    assert json.loads(json.dumps(result)) == result
    assert attrs.asdict(settings("2steps"))["batch_size"] == result["settings"]["batch_size"]

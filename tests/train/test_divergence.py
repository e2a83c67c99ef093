"""Where weights diverge: back to the last good state with a lower rate, and given up after three.

What holds numbers that are none all the same is looked at in ``test_unsound``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import torch

from monas_core import events, state
from monas_core.errors import Caution, Diverged, Interrupted
from monas_core.parts.trainer import TrainingReport
from monas_core.record import checkpoints, journal
from monas_core.record.rundir import RunFolder
from monas_core.running.control import Control
from monas_core.running.engine import execute
from monas_core.running.session import Session
from monas_core.testing.fakes import ToyTask
from monas_core.train.folder import TrainedFolder
from monas_core.train.loop import train
from monas_core.train.settings import TrainSettings
from monas_core.train.weights import subnet
from monas_core.updater import Updater
from monas_core.values.architecture import Architecture
from monas_trainers.heal import Heal
from monas_trainers.lessons import Lessons
from monas_trainers.sandwich import Sandwich

Make = Callable[..., Session]


class Spiky(ToyTask):
    """Losses of chosen batches are no numbers, as where a picture is all NaN.

    Args:
        bad: Which batches of the training part, counted over all that are drawn.
        number: What the loss is there.
    """

    def __init__(self, *bad: int, number: float = math.nan) -> None:
        super().__init__()
        self.bad, self.number, self.drawn = bad, number, 0

    def batch(self, part: Any, size: int, generator: torch.Generator) -> Any:
        found = super().batch(part, size, generator)
        self.drawn += part == "train"
        return found

    def loss(self, outputs: Any, targets: Any) -> Any:
        found = super().loss(outputs, targets)
        return found * self.number if self.drawn in self.bad else found


def settings(session: Session, **given: Any) -> TrainSettings:
    return TrainSettings.recommended(session.plan.warm_up, **{"budget": "40steps", **given})


def strict(folder: Path) -> Iterator[Any]:
    """Every JSON document below a folder, read by a reader that knows no NaN."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} in {folder}")

    for path in sorted(folder.rglob("*.json*")):
        text = path.read_text()
        for line in text.splitlines() if path.suffix == ".jsonl" else [text]:
            yield json.loads(line, parse_constant=refuse)


def told(run: Path) -> list[str]:
    folder = TrainedFolder(run) if run.parent.name == "trained" else RunFolder(run)
    return [e.message for e in folder.events() if isinstance(e, events.Warned)]


REHEARSED = 4
"""Steps that a training takes on a copy before it begins."""


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_one_bad_batch_costs_a_few_steps(
    session: Make, architecture: Architecture, tmp_path: Path, number: float
) -> None:
    made = session(task=Spiky(REHEARSED + 18, number=number))  # the 18th batch
    result = train(made.context, tmp_path, architecture, settings(made))
    folder = TrainedFolder.of(tmp_path, architecture)
    (warned,) = told(folder.path)
    assert "diverged at step 18" in warned
    assert "going on from step 16 with 0.1 of the learning rate" in warned
    steps = [e.step for e in folder.events() if isinstance(e, events.StepFinished)]
    assert steps == [*range(1, 18), *range(17, 41)]
    name = result["score"]["name"]
    assert result["after"][name] < result["before"][name]
    assert list(strict(tmp_path))


def test_resumed_equals_uninterrupted_across_a_divergence(
    session: Make, architecture: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights turn bad while no loss tells it: whoever saves meanwhile sees it earlier."""

    class Poisoned(Updater):
        def learn(self, batch: Any, losses: Any) -> dict[str, float]:
            told = super().learn(batch, losses)
            if self.done == 21 and self._peaks[0][0] > 0.015:  # not with the lower rate
                with torch.no_grad():
                    next(iter(self.network.parameters())).fill_(math.nan)
            return told

    monkeypatch.setattr("monas_core.train.trainer.Updater", Poisoned)
    found = []
    for name, stops in (("a", ()), ("b", (19, 21, 30))):
        control, made = Control(), session()

        def stop(event: events.Event, at: Any = stops, by: Control = control) -> None:
            if isinstance(event, events.StepFinished) and event.step in at:
                by.stop()

        for _ in range(6):
            control.stopping = False
            bus = events.Bus()
            bus.attach(stop)
            made = session()
            try:
                train(made.context, tmp_path / name, architecture, settings(made), bus=bus,
                      control=control)  # fmt: skip
                break
            except Interrupted:
                last = checkpoints.found(TrainedFolder.of(tmp_path / name, architecture).path)[-1]
                saved = state.load(last)["trainer"]["network"]
                assert all(bool(value.isfinite().all()) for value in saved.values())
        found.append(subnet(made.context, tmp_path / name, architecture, "trained")[0].state_dict())
        assert len(told(TrainedFolder.of(tmp_path / name, architecture).path)) == 1
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_given_up_after_three_and_nothing_is_kept(
    session: Make, architecture: Architecture, tmp_path: Path
) -> None:
    made = session(task=Spiky(*range(REHEARSED + 6, 1000)))
    with pytest.raises(Diverged) as fault:
        train(made.context, tmp_path, architecture, settings(made, learning_rate=1.0))
    assert fault.value.exit_code == 1
    assert "smaller learning rate" in str(fault.value)
    folder = TrainedFolder.of(tmp_path, architecture)
    assert not folder.finished
    assert not folder.at("weights").exists()
    with pytest.warns(Caution, match="has not ended"):
        assert subnet(made.context, tmp_path, architecture)[1] == "inherited"
    end = list(folder.events())[-1]
    assert isinstance(end, events.RunFinished)
    assert end.status == "failed"
    # with a smaller rate it may be tried again
    fine = session()
    again = settings(fine, learning_rate=0.01)
    assert train(fine.context, tmp_path, architecture, again, anew=True)["steps"] == 40


def test_rates_too_high_are_lowered_until_they_fit(
    session: Make, architecture: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Touchy(Updater):
        """Weights overflow with any peak above 0.5."""

        def learn(self, batch: Any, losses: Any) -> dict[str, float]:
            told = super().learn(batch, losses)
            if max(max(peaks) for peaks in self._peaks) > 0.5:
                with torch.no_grad():
                    next(iter(self.network.parameters())).mul_(math.inf)
            return told

    monkeypatch.setattr("monas_core.train.trainer.Updater", Touchy)
    made = session()
    train(made.context, tmp_path, architecture, settings(made, learning_rate=20.0))
    warned = told(TrainedFolder.of(tmp_path, architecture).path)
    assert [text.partition("with ")[2] for text in warned] == [
        "0.1 of the learning rate.",
        "0.01 of the learning rate.",
    ]
    with pytest.raises(Diverged, match="3 times before"):
        train(made.context, tmp_path / "b", architecture, settings(made, learning_rate=1e6))


class Own(Sandwich):
    """A trainer with a loop of its own, which looks at nothing."""

    def __init__(self, worst: float) -> None:
        self.worst, self.starts = worst, []

    def start(self, context: Any, settings: Any, generator: torch.Generator) -> None:
        super().start(context, settings, generator)
        self.starts.append(settings.learning_rate)

    def step(self) -> TrainingReport:
        report = super().step()
        if self.done == 9 and self.starts[-1] > self.worst:
            return TrainingReport({**report.losses, "largest": math.nan})
        return report


def planned(session: Session, trainer: Any = None, **changed: Any) -> Any:
    plan = attrs.evolve(session.plan, **changed)
    config = attrs.evolve(
        plan.config,
        objectives=("quality", "latency"),
        devices=("toy-a",),
        held_out=(),
        budget=attrs.evolve(plan.config.budget, amount=6.0, unit="steps"),
        preferences=4,
    )
    return attrs.evolve(plan, config=config, trainer=trainer or plan.trainer)


def carried_out(plan: Any, path: Path) -> list[events.Event]:
    bus, heard = events.Bus(), []
    bus.attach(heard.append)
    execute(plan, RunFolder.create(path, plan.config), bus, Control())
    return heard


@pytest.mark.parametrize("trainer", [Sandwich, Heal])
def test_a_lower_rate_is_lower_once_for_every_weight(session: Make, trainer: Any) -> None:
    """Rates of tags are factors on it, and Muon's is lowered with it."""
    peaks: list[list[list[float]]] = []
    for factor in (1.0, 0.1):
        made = session()
        usual = attrs.evolve(made.plan.warm_up, rates={"stem": 2.0})
        made.plan = attrs.evolve(made.plan, trainer=trainer(), warm_up=usual)
        made.context.rate_factor = factor
        updaters = [v for v in _within(made.trainer) if isinstance(v, Updater)]
        peaks += [updater._peaks for updater in updaters]
    usual_peaks, lowered = peaks
    for before, after in zip(usual_peaks, lowered, strict=True):
        assert after == [pytest.approx(0.1 * peak) for peak in before]


def _within(trainer: Any) -> list[Any]:
    own = list(vars(trainer).values())
    return own + [v for held in own if isinstance(held, Lessons) for v in vars(held).values()]


def test_a_warm_up_goes_back_whoever_trains(session: Make, tmp_path: Path) -> None:
    trainer = Own(worst=1e-2)
    plan = planned(session(), trainer)
    plan = attrs.evolve(plan, warm_up=attrs.evolve(plan.warm_up, learning_rate=0.05))
    heard = carried_out(plan, tmp_path / "run")
    assert trainer.starts == [0.05, pytest.approx(0.005)]
    (warned,) = [e.message for e in heard if isinstance(e, events.Warned)]
    assert 'The warm-up diverged at step 10 ("largest" is nan)' in warned
    assert "from step 8 with 0.1" in warned
    assert RunFolder(tmp_path / "run").finished
    list(strict(tmp_path))


def test_a_run_stopped_and_resumed_across_a_divergence_is_the_same(
    session: Make, tmp_path: Path
) -> None:
    def made() -> Any:
        plan = planned(session(), Own(worst=1e-2))
        return attrs.evolve(plan, warm_up=attrs.evolve(plan.warm_up, learning_rate=0.05))

    carried_out(made(), tmp_path / "a")
    plan = made()
    folder = RunFolder.create(tmp_path / "b", plan.config)
    for stops in (3, 8, 9, 20):  # before, at, and after the step that is no good
        control, bus, seen = Control(), events.Bus(), []

        def stop(
            event: events.Event, by: Control = control, at: int = stops, of: Any = seen
        ) -> None:
            of.append(event)
            if isinstance(event, events.StepFinished) and event.step >= at:
                by.stop()

        bus.attach(stop)
        with pytest.raises(Interrupted):
            execute(made(), folder, bus, control)
    execute(made(), folder, events.Bus(), Control())
    fronts = [(tmp_path / run / "front" / "toy-a.json").read_bytes() for run in "ab"]
    assert fronts[0] == fronts[1]
    ends = [state.load(checkpoints.found(tmp_path / run)[-1])["session"] for run in "ab"]
    assert ends[0]["rate_factor"] == ends[1]["rate_factor"] == pytest.approx(0.1)
    first, second = (end["supernet"] for end in ends)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_warm_up_is_given_up(session: Make, tmp_path: Path) -> None:
    plan = planned(session(), Own(worst=0.0))
    with pytest.raises(Diverged, match=r"3 times before.*smaller warm_up\.learning_rate"):
        carried_out(plan, tmp_path / "run")
    assert not RunFolder(tmp_path / "run").finished
    list(strict(tmp_path))


def test_data_that_are_no_numbers_are_told_from_rates(session: Make, tmp_path: Path) -> None:
    plan = planned(session(task=Spiky(*range(1, 999))))
    with pytest.raises(Diverged, match=r"from step 0: the loss is nan.*look for values in your"):
        carried_out(plan, tmp_path / "run")


def test_weights_that_learn_in_the_search_go_back_too(
    session: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = session()
    optimizer, rates = made.plan.optimizer, []
    step = type(optimizer).step

    def learning(self: Any) -> Any:
        supernet, factor = self._problem.context.supernet, self._problem.context.rate_factor
        report = step(self)
        if made_steps(self) == 3 and factor == 1:
            with torch.no_grad():
                next(iter(supernet.parameters())).fill_(math.nan)
        rates.append(factor)
        return report

    def made_steps(self: Any) -> int:
        return self._problem.meter.steps

    monkeypatch.setattr(type(optimizer), "step", learning)
    heard = carried_out(planned(made), tmp_path / "run")
    warned = [e.message for e in heard if isinstance(e, events.Warned)]
    assert any("The search diverged" in text for text in warned), warned
    assert rates[-1] == pytest.approx(0.1)
    saved = state.load(checkpoints.found(tmp_path / "run")[-1])["session"]
    assert saved["rate_factor"] == pytest.approx(0.1)
    assert all(bool(value.isfinite().all()) for value in saved["supernet"].values())


def test_a_checkpoint_holds_frozen_weights_once(session: Make, tmp_path: Path) -> None:
    monkey = pytest.MonkeyPatch()
    monkey.setattr(journal, "CHECKPOINT_EVERY_S", 0.0)
    monkey.setattr(journal, "SHARE_OF_TIME", 0.0)
    control, bus = Control(), events.Bus()

    def stop(event: events.Event) -> None:
        if isinstance(event, events.StepFinished) and event.phase == "search" and event.step == 2:
            control.stop()

    bus.attach(stop)
    plan = planned(session())
    with monkey.context(), pytest.raises(Interrupted):
        execute(plan, RunFolder.create(tmp_path / "run", plan.config), bus, control)
    monkey.undo()
    content = state.load(checkpoints.found(tmp_path / "run")[-1])
    assert content["steadiness"]["weights"] is None
    assert content["session"]["supernet"]

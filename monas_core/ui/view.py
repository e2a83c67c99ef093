"""What the screen knows of a run: a pure fold of its events.

The same events give the same state, whether they arrive live or from the log.
How it is drawn is in ``panels`` and ``plain``; how long it will take, in ``progress``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from monas_core import events
from monas_core.ui.parts import Cloud, FrontView, PhaseView
from monas_core.ui.series import Series
from monas_core.values.member import Member, ObjectiveView

RECENT_STEPS = 32
KEPT_WARNINGS = 50


@attrs.frozen
class ViewState:
    """Everything that screens draw from.

    Attributes:
        sought: The last front of each device on search data, which later ones replace.
        improved: Time at which the mean hypervolume last rose.
        told: Whether single evaluations are told.
    """

    status: str = "waiting"
    message: str = ""
    time: float = 0.0
    run: str = ""
    space: str = ""
    optimizer: str = ""
    task: str = ""
    objectives: tuple[ObjectiveView, ...] = ()
    devices: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    facts: Mapping[str, Any] = attrs.field(factory=dict)
    resumed: bool = False
    phases: tuple[PhaseView, ...] = ()
    step: int = 0
    memory_mb: float = 0.0
    fronts: Mapping[str, FrontView] = attrs.field(factory=dict)
    clouds: Mapping[str, Cloud] = attrs.field(factory=dict)
    sought: Mapping[str, FrontView] = attrs.field(factory=dict)
    hypervolume: Series = attrs.field(factory=Series)
    hypervolume_times: Series = attrs.field(factory=Series)
    fronts_changed: bool = False
    improved: float | None = None
    told: bool = False
    checkpoint_time: float | None = None
    warnings: tuple[str, ...] = ()
    n_warnings: int = 0
    seconds: Mapping[str, float] = attrs.field(factory=dict)

    @property
    def phase(self) -> PhaseView | None:
        """The latest phase."""
        return self.phases[-1] if self.phases else None

    @property
    def over(self) -> bool:
        """Whether the run has ended, one way or another."""
        return self.status in ("done", "interrupted", "failed")

    @property
    def evaluations(self) -> int:
        """Networks whose quality the search obtained: each counts once, for all devices."""
        seen = (cloud.seen for key, cloud in self.clouds.items() if key.startswith("search/"))
        return max(seen, default=0) if self.told else 0

    def mean_hypervolume(self) -> float | None:
        """Mean over the search devices that have a front."""
        known = [self.fronts[d].hypervolume for d in self.devices if d in self.fronts]
        return sum(known) / len(known) if known else None


def fold(state: ViewState, event: events.Event) -> ViewState:
    """The state after one more event. Events of unknown type only move the clock."""
    state = attrs.evolve(state, time=max(state.time, event.time))
    step = _STEPS.get(type(event))
    return step(state, event) if step else state


def fold_all(log: Iterable[events.Event], state: ViewState | None = None) -> ViewState:
    """The state after all events of a log."""
    state = state or ViewState()
    for event in log:
        state = fold(state, event)
    return state


def _run_started(state: ViewState, event: events.RunStarted) -> ViewState:
    return attrs.evolve(
        state,
        status="running",
        message="",
        run=event.run,
        space=event.space,
        optimizer=event.optimizer,
        task=event.task,
        objectives=tuple(
            ObjectiveView.from_json({"unit": "", "direction": "min", **o}) for o in event.objectives
        ),
        devices=tuple(event.devices),
        held_out=tuple(event.held_out),
        facts=_plain(event.facts),
        resumed=event.resumed,
    )


def _phase_started(state: ViewState, event: events.PhaseStarted) -> ViewState:
    state = _note_hypervolume(state)
    earlier = {phase.name: phase for phase in state.phases}
    again = earlier.pop(event.phase, None)
    before = [
        phase if phase.ended is not None else attrs.evolve(phase, ended=event.time)
        for phase in earlier.values()
    ]
    phase = PhaseView(
        event.phase,
        float(event.total),
        event.unit,
        event.time,
        _plain(event.facts),
        done=again.done if again else 0.0,
        losses=again.losses if again else {},
    )
    return attrs.evolve(state, phases=(*before, phase))


def _step_finished(state: ViewState, event: events.StepFinished) -> ViewState:
    state = _note_hypervolume(state)
    phases = tuple(
        _advance(phase, event) if phase.name == event.phase else phase for phase in state.phases
    )
    memory = event.memory_mb or state.memory_mb
    return attrs.evolve(state, phases=phases, step=event.step, memory_mb=memory)


def _advance(phase: PhaseView, event: events.StepFinished) -> PhaseView:
    losses = dict(phase.losses)
    for name, value in event.losses.items():
        losses[name] = losses.get(name, Series()).add(value)
    return attrs.evolve(
        phase,
        done=float(event.done),
        recent=(*phase.recent, (event.time, float(event.done)))[-RECENT_STEPS:],
        losses=losses,
        rates=_smoothed(phase.rates, event.rates) or phase.rates,
        note=event.note,
    )


def _smoothed(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """Speeds of single steps are too restless to read; other figures are taken as they are."""
    return {
        name: 0.85 * before[name] + 0.15 * value
        if name in before and name.endswith("/s")
        else value
        for name, value in now.items()
    }


def _evaluation_added(state: ViewState, event: events.EvaluationAdded) -> ViewState:
    key = f"{event.split}/{event.device}"
    cloud = state.clouds.get(key, Cloud()).add(event.values)
    return attrs.evolve(state, clouds={**state.clouds, key: cloud}, told=True)


def _front_changed(state: ViewState, event: events.FrontChanged) -> ViewState:
    before = state.fronts.get(event.device)
    trend = before.trend if before and before.split == event.split else Series()
    front = FrontView(
        event.hypervolume,
        tuple(_member(member) for member in event.members),
        event.split,
        event.time,
        trend.add(event.hypervolume),
        tuple(_plain(event.limits)),
    )
    return attrs.evolve(
        state,
        fronts={**state.fronts, event.device: front},
        sought={**state.sought, event.device: front} if event.split == "search" else state.sought,
        fronts_changed=state.fronts_changed or event.split == "search",
        clouds=_with_former_members(state, before, front, event.device),
    )


def _with_former_members(
    state: ViewState, before: FrontView | None, now: FrontView, device: str
) -> Mapping[str, Cloud]:
    """Where single evaluations are not told, members that were overtaken are the cloud."""
    if state.told or before is None or before.split != now.split:
        return state.clouds
    kept = {member.key for member in now.members}
    key = f"{now.split}/{device}"
    cloud = state.clouds.get(key, Cloud())
    for member in before.members:
        if member.key not in kept:
            cloud = cloud.add(member.values)
    return {**state.clouds, key: cloud}


def _member(document: Mapping[str, Any]) -> Member:
    """A member as events tell of it: without origins."""
    plain = _plain(document)
    extra = plain.get("extra", {})
    return Member(plain.get("key", ""), plain.get("architecture", {}), plain["values"], extra=extra)


def _note_hypervolume(state: ViewState) -> ViewState:
    """Record the mean once all fronts of a step have been told, not after each of them."""
    mean = state.mean_hypervolume()
    if not state.fronts_changed or mean is None:
        return state
    before = state.hypervolume.latest
    return attrs.evolve(
        state,
        improved=state.time if before is not None and mean > before + 1e-9 else state.improved,
        hypervolume=state.hypervolume.add(mean),
        hypervolume_times=state.hypervolume_times.add(state.time),
        fronts_changed=False,
    )


def _checkpoint_saved(state: ViewState, event: events.CheckpointSaved) -> ViewState:
    return attrs.evolve(state, checkpoint_time=event.time)


def _warned(state: ViewState, event: events.Warned) -> ViewState:
    kept = tuple(text for text in state.warnings if text != event.message)
    return attrs.evolve(
        state,
        warnings=(*kept, event.message)[-KEPT_WARNINGS:],
        n_warnings=state.n_warnings + 1,
    )


def _run_finished(state: ViewState, event: events.RunFinished) -> ViewState:
    state = _note_hypervolume(state)
    phases = tuple(
        phase if phase.ended is not None else attrs.evolve(phase, ended=event.time)
        for phase in state.phases
    )
    return attrs.evolve(
        state,
        status=event.status,
        message=event.message,
        seconds=dict(event.seconds),
        phases=phases,
    )


def _plain(value: Any) -> Any:
    """As it would come back from JSON, so that live and replayed states are equal."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


_STEPS: dict[type[events.Event], Callable[[ViewState, Any], ViewState]] = {
    events.RunStarted: _run_started,
    events.PhaseStarted: _phase_started,
    events.StepFinished: _step_finished,
    events.EvaluationAdded: _evaluation_added,
    events.FrontChanged: _front_changed,
    events.CheckpointSaved: _checkpoint_saved,
    events.Warned: _warned,
    events.RunFinished: _run_finished,
}

"""Events survive JSON; the bus survives its observers."""

from __future__ import annotations

import json

import attrs
import pytest

from monas_core import events
from monas_core.errors import UsageError

EXAMPLES = [
    events.RunStarted(
        0.0, "runs/1", "gpt", "modnas", "text", [{"name": "acc"}], ["host"], [], {"seed": 0}
    ),
    events.PhaseStarted(0.1, "search", 60.0, "seconds"),
    events.StepFinished(0.2, "search", 3.0, 3, {"loss": 1.5}, {"steps/s": 2.0}, "a note", 120.0),
    events.EvaluationAdded(0.3, "host", {"depth": 2}, "abc", {"acc": 1.0}, "search"),
    events.FrontChanged(0.4, "host", 0.5, [{"key": "abc", "values": {"acc": 1.0}}], "search"),
    events.CheckpointSaved(0.5, "runs/1/checkpoints/1"),
    events.Warned(0.6, "careful"),
    events.RunFinished(0.7, "done", {"search": 1.0}),
]


def test_every_type_has_an_example() -> None:
    assert {type(example) for example in EXAMPLES} == set(events.TYPES.values())


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: type(e).__name__)
def test_events_round_trip_through_json(event: events.Event) -> None:
    text = json.dumps(events.to_json(event))
    assert "\n" not in text
    assert events.from_json(json.loads(text)) == event


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: type(e).__name__)
def test_events_are_frozen(event: events.Event) -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.time = 9.0  # pyright: ignore[reportAttributeAccessIssue]


def test_observers_hear_in_order_of_attachment() -> None:
    heard: list[tuple[str, events.Event]] = []
    bus = events.Bus()
    bus.attach(lambda event: heard.append(("first", event)))
    bus.attach(lambda event: heard.append(("second", event)))
    bus.emit(EXAMPLES[0])
    assert heard == [("first", EXAMPLES[0]), ("second", EXAMPLES[0])]


def test_failing_observer_warns_once_and_is_detached() -> None:
    heard: list[events.Event] = []
    calls = 0

    def clumsy(event: events.Event) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError("no network")

    bus = events.Bus()
    bus.attach(clumsy)
    bus.attach(heard.append)
    for event in EXAMPLES[1:3]:
        bus.emit(event)
    warnings = [event for event in heard if isinstance(event, events.Warned)]
    assert calls == 1
    assert len(warnings) == 1
    assert "clumsy" in warnings[0].message
    assert "no network" in warnings[0].message
    assert [e for e in heard if not isinstance(e, events.Warned)] == EXAMPLES[1:3]


def test_explained_fault_of_an_observer_ends_the_run() -> None:
    bus = events.Bus()

    def full(event: events.Event) -> None:
        raise UsageError("the disk is full")

    bus.attach(full)
    with pytest.raises(UsageError, match="disk"):
        bus.emit(EXAMPLES[0])

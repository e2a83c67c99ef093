"""Sentences for a newcomer, counts that agree, columns that line up."""

from __future__ import annotations

import attrs
import pytest

from monas_core import events
from monas_core.ui.curves import last_improved
from monas_core.ui.screen import compose
from monas_core.ui.telling import in_words, introduced, opening, unseen
from monas_core.ui.text import aligned
from monas_core.ui.view import fold_all
from monas_core.values.member import ObjectiveView


def text(state, width=120, height=40, **asked) -> str:
    lines = compose(state, width, height, now=state.time, focus="host", **asked)
    return "\n".join(line.plain for line in lines)


def test_objectives_are_told_in_words():
    quality = ObjectiveView("acc", "bit/byte", "min", "bits per byte")
    assert in_words(quality) == "quality, bit/byte (less is better)"
    assert in_words(ObjectiveView("lat", "ms", "min")) == "latency, ms (less is better)"
    assert introduced(quality) == "acc: quality, bit/byte (less is better)"
    assert introduced(ObjectiveView("energy", "mJ", "min")) == "energy, mJ (less is better)"
    assert in_words(ObjectiveView("gain", "", "max")) == "gain (more is better)"


def test_a_run_begins_with_a_sentence(log):
    begun = fold_all([e for e in log if e.time < 20])
    told = opening(begun, begun.time)
    assert told == (
        "One network contains all 3,690,987,520: training it for about 50 s, then searching for "
        "60 steps."
    )
    assert told in text(begun)
    small = attrs.evolve(begun, facts={**begun.facts, "architectures": 34_944, "budget": "60s"})
    assert opening(small, begun.time).startswith("One network contains all 34,944:")
    assert opening(small, begun.time).endswith("then searching 60 s.")
    assert opening(attrs.evolve(begun, facts={}), 1.0) == ""
    assert "200 steps" in opening(fold_all(log[:2]), 0.5), "before it is known how fast it goes"


def test_the_end_explains_why_values_changed(short_log, searching):
    assert unseen(searching, "host") == ""
    told_log = [
        attrs.evolve(e, objectives=[{**o, "score": "bits"} if o["name"] == "acc" else o
                                    for o in e.objectives])
        if isinstance(e, events.RunStarted) else e
        for e in short_log
    ]  # fmt: skip
    done = fold_all(told_log)
    told = unseen(done, "host")
    assert "on unseen data" in told
    assert "not worse networks" in told
    assert told in text(done)


def test_a_network_counts_once_for_all_devices():
    found = [
        events.EvaluationAdded(1.0, device, {}, str(key), {"a": 1.0}, split)
        for key in range(7) for device in ("d", "e", "f") for split in ("search", "final")
    ]  # fmt: skip
    assert fold_all(found).evaluations == 7


def test_it_is_told_when_the_front_last_grew():
    def front(time, volume):
        return [
            events.FrontChanged(time, "d", volume, [], "search"),
            events.StepFinished(time, "search", time, int(time)),
        ]

    start = [
        events.RunStarted(0, "r", "s", "o", "t", [], ["d"], [], {}),
        events.PhaseStarted(0, "search", 60, "steps"),
    ]
    steps = [*front(1, 0.2), *front(5, 0.5), *front(9, 0.5), *front(30, 0.5)]
    state = fold_all([*start, *steps])
    assert state.improved == 5
    assert last_improved(state, 44.0) == "last improved 0:39 ago"
    over = fold_all([*start, *steps, events.RunFinished(50, "done", {})])
    assert last_improved(over, 50.0) == "last improved at 0:05"


@pytest.mark.parametrize("width", [80, 100, 120, 160, 220])
def test_what_was_asked_for_is_shown_at_every_width(searching, width):
    """The energy of each device stays where the table is narrow; trends and counts give way."""
    shown = text(searching, width, 50)
    head = next(line for line in shown.splitlines() if "energy mJ ↓" in line and "acc" in line)
    assert "lat ms ↓" in head


def test_small_screens_spend_no_row_on_the_inside_of_an_optimizer(searching):
    shown = text(searching, 80, 24)
    assert "hypernetwork" not in shown
    lines = shown.splitlines()
    assert not [line for line in lines[-8:-2] if set(line) <= set(" │")], "no blank rows"
    from monas_core.ui.controls import Controls

    assert "hypernetwork" in text(searching, 80, 24, controls=Controls(internals=True))


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([1.447, 0.9604], ["1.447", "0.960"]),
        ([20.82, 1.708], ["20.82", "1.71"]),
        ([0.1814, 0.0623, None], ["0.1814", "0.0623", "–"]),
        ([0.001, 500.0], ["0.001000", "500.0"]),
        ([0.0, 0.0], ["0", "0"]),
        ([float("nan"), 2.0], ["–", "2.000"]),
    ],
)
def test_columns_have_the_same_decimals(values, shown):
    assert aligned(values) == shown

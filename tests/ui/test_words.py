"""The result in words: every number that is said follows from the front."""

from __future__ import annotations

import attrs
import pytest

from monas_core.ui.nextsteps import next_steps
from monas_core.ui.text import spoken
from monas_core.ui.words import against_best, front_in_words, knee_in_words, sentences
from monas_core.values.knee import knee, stepped
from monas_core.values.member import Front, Member, ObjectiveView

ACC = ObjectiveView("acc", "bit/byte", "min", "bits per byte")
RIGHT = ObjectiveView("acc", "%", "max", "accuracy")
LAT = ObjectiveView("lat", "ms", "min")
TWICE = "2.0 times as fast as the best one, with 2.0 times less energy"
ENERGY = ObjectiveView("energy", "mJ", "min")


def front(objectives, *rows, **more) -> Front:
    names = [objective.name for objective in objectives]
    members = tuple(
        Member(
            f"key{i}",
            {"choices": {}},
            dict(zip(names, row, strict=True)),
            dict.fromkeys(names, "measured"),
        )
        for i, row in enumerate(rows)
    )
    ends = tuple(1.0 for _ in objectives)
    return Front("s", "host", False, tuple(objectives), ends, ends, 0.5, members, **more)


def test_the_balanced_member_against_the_best():
    told = front_in_words(front([ACC, LAT], (2.40, 1.44), (2.448, 1.008), (3.4, 0.9)))
    assert (
        told == "host: 2.45 bit/byte at 1.01 ms: 30 % faster than the best one for 2 % more bits."
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((2.4, 1.0, 4.0), f"{TWICE}, at no cost"),
        ((2.4, 2.0, 8.0), ""),
        ((2.52, 1.0, 4.0), f"{TWICE}, for 5 % more bits"),
        (
            (2.52, 2.2, 6.0),
            "25 % less energy than the best one for 5 % more bits and 10 % more time",
        ),
        ((2.52, 2.2, 8.0), "5 % more bits and 10 % more time than the best one"),
    ],
)
def test_gains_and_losses(row, said):
    shown = front([ACC, LAT, ENERGY], (2.4, 2.0, 8.0), row)
    assert against_best(shown.members[1], shown) == said


def test_percents_are_told_in_points():
    shown = front([RIGHT, LAT], (97.5, 2.0), (96.0, 1.5))
    told = against_best(shown.members[1], shown)
    assert told == "25 % faster than the best one for 1.5 points less accuracy"


def test_retrained_quality_is_what_is_told():
    shown = front([ACC, LAT], (2.40, 2.0), (2.50, 1.5))
    members = (shown.members[0], attrs.evolve(shown.members[1], retrained={"acc": 2.2}))
    shown = attrs.evolve(shown, members=members)
    assert "2.20 bit/byte" in sentences(shown)[0].text


def test_no_member_is_named_twice_and_none_of_an_empty_front():
    assert [said.label for said in sentences(front([ACC], (2.4,)))] == ["best"]
    empty = front([ACC, LAT], unmet="no network meets lat ≤ 1 ms")
    assert sentences(empty) == []
    assert front_in_words(empty) == "host: no network meets lat ≤ 1 ms."


def test_a_knee_is_where_the_front_bends():
    bent = front([ACC, LAT], (1.0, 16.0), (1.1, 2.0), (3.0, 1.0))
    assert knee(bent.members, LAT, ACC) is bent.members[1]
    assert knee_in_words(bent) == (
        "knee at 1.10 bit/byte at 2.00 ms: past it, 9 % fewer bits cost 8.0 times the lat"
    )
    straight = front([ACC, LAT], (1.0, 16.0), (2.0, 4.0), (3.0, 1.0))
    assert knee(straight.members, LAT, ACC) is None
    assert knee_in_words(straight) == ""


def test_steps_hold_what_no_other_beats_in_these_two():
    shown = front([RIGHT, LAT], (90.0, 3.0), (80.0, 1.0), (70.0, 2.0), (90.0, 4.0))
    assert [m.key for m in stepped(shown.members, LAT, RIGHT)] == ["key1", "key0"]


def test_next_begins_with_the_report_and_its_limit_can_be_met():
    shown = front([ACC, LAT], (2.40, 1.5), (2.44, 1.03), (3.0, 0.5))
    first, second, third = next_steps("runs/a b", [shown])
    assert first == "monas report 'runs/a b' --open"
    assert "--max lat=1.1ms" in second
    assert third.startswith("monas export")
    assert next_steps("runs/a", [front([ACC, LAT])]) == []


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (59.9, "59.9 s"), (127.4, "2 min 7 s"), (3725, "1 h 2 min"), (-1, "–")],
)
def test_durations_carry_their_units(seconds, said):
    assert spoken(seconds) == said

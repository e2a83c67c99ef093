"""Wishes and limits as people write them."""

from __future__ import annotations

import pytest

from monas_core.errors import UsageError
from monas_core.problem.wording import Vocabulary, stated
from monas_core.values.constraint import Constraint, holding, overridden

WORDS = Vocabulary.of(
    [{"name": "acc", "unit": "%"}, {"name": "lat", "unit": "ms"}, {"name": "params", "unit": ""}],
    [("quality", "acc"), ("latency", "lat")],
)
DEVICES = ("host", "jetson-nano")


def test_limits_come_in_natural_units_under_any_alias() -> None:
    given = {"max": {"latency@host": "0.012s", "params": "500k"}, "target": {"lat": "12ms±3%"}}
    given["max"]["lat@jetson-nano"] = "20ms"
    given["target"] = {"lat@host": "11.9ms±3%"}
    found = WORDS.limits(given, DEVICES)
    assert found == (
        Constraint("lat", "max", 12.0, device="host"),
        Constraint("params", "max", 500e3),
        Constraint("lat", "max", 20.0, device="jetson-nano"),
        Constraint("lat", "equal", 11.9, 0.03, "host"),
    )
    assert holding(found, "jetson-nano") == found[1:3]


def test_a_target_is_met_within_five_percent_unless_it_says_otherwise() -> None:
    (target,) = WORDS.limits({"target": {"lat": 10}}, DEVICES)
    assert target.violation(10.49) == 0.0
    assert target.violation(10.51) > 0.0
    assert target.violation(9.49) > 0.0


@pytest.mark.parametrize(
    ("option", "text", "expected"),
    [
        ("max", "lat", "write name=value"),
        ("max", "=5ms", "write name=value"),
        ("max", "lat=fast", "write name=value"),
        ("max", "lat=nan", "write name=value"),
        ("target", "lat=5ms±much", "write name=value"),
        ("max", "speed=5", "no objective of this run; it has: acc, lat, params"),
        ("max", "lat@hosst=5ms", 'names device "hosst", which this run does not know'),
        ("min", "lat=5mJ", "measured in ms"),
    ],
)
def test_bad_limits_are_one_sentence(option: str, text: str, expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        WORDS.limits({option: stated([text], option)}, DEVICES)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"max": {"lat": "5ms"}, "min": {"lat": "6ms"}}, "exclude each other"),
        ({"max": {"lat@host": "5ms"}, "target": {"lat": "6ms"}}, "exclude each other"),
        ({"max": {"lat": "5ms", "latency": "6ms"}}, "given twice"),
        ({"most": {"lat": "5ms"}}, "no limit of kind"),
    ],
)
def test_limits_that_cannot_stand_together(given: dict, expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        WORDS.limits(given, DEVICES)


def test_limits_of_two_devices_do_not_meet() -> None:
    assert len(WORDS.limits({"max": {"lat@host": 5}, "min": {"lat@jetson-nano": 6}}, DEVICES)) == 2


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="twice"):
        stated(["lat=5ms", "lat=6ms"], "max")


def test_what_is_said_later_holds() -> None:
    run = (Constraint("lat", "max", 5.0), Constraint("lat", "max", 3.0, device="host"))
    now = (Constraint("lat", "max", 4.0),)
    assert overridden(run, now, "host") == now
    assert overridden(run, (), "host") == run

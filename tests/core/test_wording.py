"""Wishes and limits as people write them."""

from __future__ import annotations

from typing import Any

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
        ("max", "lat=-5ms", "can never be met: lat is always above 0"),
        ("target", "lat=0", "can never be met"),
        ("target", "lat=5ms±200%", "allow less than 100 %"),
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


SCORED = Vocabulary.of(
    [
        {"name": "acc", "unit": "m", "score": "RMSE"},
        {"name": "acc:mAP@50", "unit": "fraction", "score": "mAP@50"},
        {"name": "acc:bits-per-byte", "unit": "bit", "score": "bits per byte"},
        {"name": "lat", "unit": "ms"},
    ],
    [("quality", "acc"), ("latency", "lat")],
)


@pytest.mark.parametrize("name", ["RMSE", "rmse", "acc", "quality"])
def test_a_score_is_named_by_what_it_is(name: str) -> None:
    assert SCORED.preference({name: 3, "lat": 1}).to_json()["acc"] == 0.75
    assert SCORED.limits({"max": {name: "200e-3"}}, DEVICES) == (Constraint("acc", "max", 0.2),)
    assert SCORED.named([Constraint(name, "max", 0.2)]) == [Constraint("acc", "max", 0.2)]


def test_blanks_of_a_score_are_hyphens_and_an_at_in_it_is_no_device() -> None:
    for name in ("bits per byte", "bits-per-byte", "Bits-Per-Byte"):
        assert SCORED.used(name) == "acc:bits-per-byte"
    found = SCORED.limits({"min": {"map@50": 0.3, "acc:mAP@50@host": 0.4}}, DEVICES)
    assert found == (
        Constraint("acc:mAP@50", "min", 0.3),
        Constraint("acc:mAP@50", "min", 0.4, device="host"),
    )


def test_what_has_no_such_name_is_refused_with_all_names_there_are() -> None:
    with pytest.raises(UsageError, match=r"it has: acc \(RMSE\), acc:mAP@50, .*, lat\."):
        SCORED.preference({"MSE": 1})
    with pytest.raises(UsageError, match='"acc" is given twice, once as "RMSE"'):
        SCORED.preference({"acc": 1, "RMSE": 1})


def test_a_name_that_several_may_have_is_refused() -> None:
    words = Vocabulary.of(
        [
            {"name": "acc", "unit": "", "score": "Latency"},
            {"name": "acc:F1", "unit": "", "score": "F1"},
            {"name": "acc:f1", "unit": "", "score": "f1"},
            {"name": "lat", "unit": "ms"},
        ],
        [("latency", "lat")],
    )
    assert words.used("lat") == "lat"
    assert words.used("F1") == "acc:F1", "written just so"
    assert words.used("f1") == "acc:f1"
    with pytest.raises(UsageError, match=r'"latency" may be lat or acc \(Latency\) in this run'):
        words.limits({"max": {"latency": "5ms"}}, DEVICES)
    twice = Vocabulary.of(
        [
            {"name": "acc", "unit": "m", "score": "RMSE"},
            {"name": "own", "unit": "", "score": "RMSE"},
        ]
    )
    with pytest.raises(UsageError, match=r"write acc or own\.$"):
        twice.preference({"rmse": 1})


def test_wishes_and_limits_may_be_written_as_on_the_command_line() -> None:
    assert SCORED.preference("RMSE=3,lat=1") == SCORED.preference({"acc": 3, "lat": "1"})
    assert SCORED.limits({"max": "rmse=0.2,lat=5ms"}, DEVICES) == SCORED.limits(
        {"max": {"acc": 0.2, "lat": "5ms"}}, DEVICES
    )
    limit = Constraint("RMSE", "max", 0.2)
    assert SCORED.named(limit) == SCORED.named([limit])


@pytest.mark.parametrize("given", [["RMSE"], {"RMSE": "much"}, 3, {"RMSE": None}])
def test_wishes_of_another_kind_are_refused(given: Any) -> None:
    with pytest.raises(UsageError, match="prefer must be numbers by name"):
        SCORED.preference(given)


def test_limits_of_another_kind_are_refused() -> None:
    wrong: Any = 5
    with pytest.raises(UsageError, match="max must be limits by name"):
        SCORED.limits({"max": wrong}, DEVICES)
    with pytest.raises(UsageError, match=r"must be a monas\.Constraint, got 'RMSE'"):
        SCORED.named(["RMSE"])  # pyright: ignore[reportArgumentType]

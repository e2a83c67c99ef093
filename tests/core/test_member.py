"""Fronts and members as values: one reader that believes nothing."""

from __future__ import annotations

import copy
import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monas_core.errors import UsageError
from monas_core.record.front_store import read_front, to_csv, write_front
from monas_core.record.frontfile import front_of
from monas_core.testing.fakes import ToyLatency, ToyQuality, ToySpace
from monas_core.values.front import Scale
from monas_core.values.member import Front, Member, ObjectiveView
from monas_core.values.population import corners, decode
from monas_core.values.value import Evaluation, Value


def front(*rows: tuple[float, float], extra: float = 7.0) -> Front:
    space = ToySpace()
    smallest, largest = decode(space.choices, corners(space.choices))
    objectives = (ToyQuality(), ToyLatency())
    evaluations = [
        Evaluation(
            architecture,
            "toy-a",
            {
                o.short: Value(
                    number, o.unit, "measured", spread=0.1, extra={f"of {o.short}": extra}
                )
                for o, number in zip(objectives, row, strict=True)
            },
            "final",
        )
        for architecture, row in zip((smallest, largest), rows, strict=False)
    ]
    predicted = [{o.short: 1.0 for o in objectives} for _ in evaluations]
    scale = Scale([0.0, 0.0], [4.0, 4.0])
    return front_of("toy", "toy-a", objectives, evaluations, scale, predicted, held_out=False)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(json.dumps(front((1.0, 1.0), (2.0, 2.0)).to_json()))


def test_a_front_survives_its_file(tmp_path: Path) -> None:
    made = front((1.0, 1.0), (2.0, 2.0))
    assert len(made.members) == 2
    assert read_front(write_front(tmp_path, made)) == made
    assert to_csv(made).count("\n") == 3


def test_what_is_not_finite_stays_out_of_a_front() -> None:
    made = front((1.0, math.inf), (2.0, 1.0), extra=math.inf)
    assert [dict(m.values) for m in made.members] == [{"toyq": 2.0, "toyl": 1.0}]
    assert made.members[0].extra == {}
    json.dumps(made.to_json(), allow_nan=False)


def test_no_cell_of_a_table_is_a_formula(document: dict[str, Any]) -> None:
    document = copy.deepcopy(document)
    for attack in ("=1+1", "+1", "-1", "@sum", "\t=1"):
        document["members"][0]["key"] = attack
        document["members"][0]["architecture"]["choices"][attack] = attack
    rows = list(csv.reader(io.StringIO(to_csv(Front.from_json(document)))))
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t"))]


def test_a_table_has_all_that_is_known_and_no_choice_that_does_not_count() -> None:
    members = [
        Member(
            key, {"choices": {"depth": depth, "width_1": 8}}, {"lat": 1.0}, {"lat": "measured"},
            {"lat": 0.2} if depth == 2 else {}, {"lat": 1.1}, {"perplexity": 9.0},
        )
        for key, depth in (("a", 1), ("b", 2))
    ]  # fmt: skip
    lat = ObjectiveView("lat", "ms", "min")
    made = Front("toy", "d", False, (lat,), (2.0,), (0.0,), 0.5, tuple(members))
    first, second = csv.DictReader(io.StringIO(to_csv(made, {"width_1": ["depth", [2]]})))
    assert (first["width_1"], second["width_1"]) == ("", "8"), "there is no first layer"
    assert (first["lat spread [ms]"], second["lat spread [ms]"]) == ("", "0.2")
    assert (first["lat predicted [ms]"], first["perplexity"]) == ("1.1", "9.0")


def test_members_are_values(document: dict[str, Any]) -> None:
    member = Member.from_json(document["members"][0])
    assert Member.from_json(member.to_json()) == member
    with pytest.raises(AttributeError):
        member.key = "other"  # type: ignore[misc]
    wished = {**document["members"][0], "device": "host", "preference": {"acc": 1.0}}
    assert Member.from_json(wished).to_json() == wished


PLACES = [
    ("space",), ("device",), ("held_out",), ("objectives",), ("hypervolume",), ("members",),
    ("reference_point",), ("ideal_point",), ("ideal_point", 0), ("objectives", 0),
    ("objectives", 0, "name"), ("objectives", 1, "direction"), ("members", 0),
    ("members", 1, "key"), ("members", 1, "architecture"),
    ("members", 1, "architecture", "choices"),
    ("members", 0, "values"), ("members", 0, "values", "toyl"), ("members", 0, "origin", "toyq"),
    ("members", 0, "spread", "toyl"), ("members", 0, "predicted"), ("members", 0, "extra"),
]  # fmt: skip
STRANGE = [None, [], {}, "x", True, 10**400, math.nan, -math.inf, [[]], {"a": None}]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_every_part_is_checked(document: dict[str, Any], place: tuple[Any, ...]) -> None:
    refused = 0
    for strange in STRANGE:
        changed: Any = copy.deepcopy(document)
        inner = changed
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = strange
        try:
            front = Front.from_json(changed)
        except ValueError:
            refused += 1
        else:  # whatever is let in can be shown and written
            to_csv(front)
            json.dumps(front.to_json(), allow_nan=False)
    assert refused >= len(STRANGE) - 5


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["schema", "members", "objectives", "device"]), plain))
def test_anything_else_is_a_value_error(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Front.from_json(document)


def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for text in ("", "{", "[]", '{"schema": 2}', '{"schema": 1}', "[" * 100_000, "1" * 5000):
        path.write_text(text)
        with pytest.raises(UsageError, match=str(path)):
            read_front(path)
    assert np.isfinite(front((1.0, 2.0)).hypervolume)

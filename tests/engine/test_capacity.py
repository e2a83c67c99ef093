"""Networks that do not fit into a device are marked, and passed over."""

from __future__ import annotations

import csv

import attrs
import pytest

from monas_core.answers.frames import rows as table
from monas_core.parts.context import Context
from monas_core.parts.device import Figure
from monas_core.record.front_store import to_csv
from monas_core.running.capacity import capacity_mb, excess, marked, needs_mb, warning
from monas_core.testing.fakes import ToyDevice, ToySpace, ToyTask
from monas_core.values.member import Front, Member, ObjectiveView


def test_members_that_exceed_the_memory_are_marked() -> None:
    context = Context(ToySpace(), ToyTask())
    device = ToyDevice("small")
    asked = list(dict.fromkeys(context.space.references()))
    assert capacity_mb(device) is None
    assert excess(device, asked, context) == [None] * len(asked)
    needs = needs_mb(device, asked, context)
    assert len(set(needs)) > 1
    middle = sorted(needs)[len(needs) // 2]
    figure = Figure(middle * 1e6, "B", "a test")
    device.profile = attrs.evolve(device.profile, figures={"memory": figure})
    members = [Member(a.key, a.to_json(), {}) for a in asked]
    found = marked(members, device, context)
    for member, need in zip(found, needs, strict=True):
        assert bool(member.exceeds_memory) == (need > middle)
        assert Member.from_json(member.to_json()) == member
    over = [m.exceeds_memory for m in found if m.exceeds_memory]
    assert over
    assert over[0]["has_mb"] == pytest.approx(middle)
    front = Front("toy", "small", False, (), (), (), 0.0, tuple(found))
    told = warning(front)
    assert told is not None
    assert f"{len(over)} of {len(found)} members" in told
    assert warning(attrs.evolve(front, members=tuple(members))) is None
    objective = ObjectiveView("size", "MB", "min")
    sized = [
        attrs.evolve(member, values={"size": 1.0}, origin={"size": "modelled"}) for member in found
    ]
    whole = attrs.evolve(front, objectives=(objective,), members=tuple(sized))
    head, *rows = csv.reader(to_csv(whole).splitlines())
    column = head.index("needs beyond memory [MB]")
    needed = [float(row[column]) if row[column] else None for row in rows]
    assert needed == [m.exceeds_memory.get("needs_mb") for m in found]
    assert [row["exceeds_memory"] for row in table([whole])] == [n is not None for n in needed]
    fits = [attrs.evolve(member, exceeds_memory={}) for member in sized]
    assert "beyond memory" not in to_csv(attrs.evolve(whole, members=tuple(fits)))

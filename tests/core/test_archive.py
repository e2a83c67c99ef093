"""The archive: every value comes back, and a damaged line is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monas_core.errors import UsageError
from monas_core.record.archive import Archive, Known
from monas_core.testing.fakes import ToySpace
from monas_core.values.value import Value

CHOICES = ToySpace().choices
FIRST, SECOND = list(CHOICES.enumerate())[:2]
VALUES = [
    Known("toy-quality", "", "search", FIRST, Value(71.5, "point", "modelled")),
    Known("toy-latency", "phone", "final", SECOND, Value(2.0, "ms", "measured", spread=0.1)),
    Known("toy-quality", "", "final", SECOND, Value(3.0, "point", "tabulated", extra={"ppl": 9.0})),
]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path / "archive.jsonl")
    for known in VALUES:
        archive.add(known)
    return archive


def damaged(archive: Archive, **changes: Any) -> None:
    """Another content of fields of the second line."""
    lines = [json.loads(line) for line in archive.path.read_text().splitlines()]
    lines[1] |= changes
    archive.path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def test_values_come_back_in_order_with_all_they_had(archive: Archive) -> None:
    found = list(archive.read(CHOICES))
    assert found == VALUES
    assert found[2].value.extra == {"ppl": 9.0}


@pytest.mark.parametrize(
    "changes",
    [
        {"objective": 3},
        {"device": None},
        {"unit": 5},
        {"split": "test"},
        {"split": ["final"]},
        {"origin": "guessed"},
        {"value": True},
        {"value": "2.0"},
        {"value": 10**400},
        {"spread": True},
        {"spread": "wide"},
        {"architecture": {"depth": 99}},
        {"architecture": None},
        {"surplus": 1},
        {"extra": 3},
    ],
    ids=lambda changes: f"{changes}"[:40],
)
def test_a_line_without_a_value_is_named(archive: Archive, changes: dict[str, Any]) -> None:
    damaged(archive, **changes)
    said = r"archive\.jsonl is damaged at line 2: (it holds no value|An architecture is written)"
    with pytest.raises(UsageError, match=said):
        list(archive.read(CHOICES))


@pytest.mark.parametrize("missing", ["objective", "device", "split", "architecture", "value"])
def test_a_line_that_lacks_a_field_is_named(archive: Archive, missing: str) -> None:
    lines = [json.loads(line) for line in archive.path.read_text().splitlines()]
    del lines[0][missing]
    archive.path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    with pytest.raises(UsageError, match="damaged at line 1: it holds no value"):
        list(archive.read(CHOICES))


def test_companion_figures_that_are_no_numbers_are_left_out(archive: Archive) -> None:
    damaged(archive, extra={"ppl": "many", "loss": 1.5, "nested": [1]})
    assert list(archive.read(CHOICES))[1].value.extra == {"loss": 1.5}

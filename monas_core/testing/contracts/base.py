"""What every contract shares, and what every spec must hold whatever its kind."""

from __future__ import annotations

import re
from typing import ClassVar, get_args

import pytest

from monas_core.catalog.lookup import checked_options
from monas_core.catalog.specs import Entry
from monas_core.values.value import Origin, Value

ORIGINS = get_args(Origin)


class Contract:
    """Tests of one kind of plugin.

    Attributes:
        kind: Which entries of the catalog it is run over; ``None`` for all kinds.
        provides: Only entries that declare these capabilities.
        over_catalog: Run over everything installed; otherwise over the ``subject`` alone.
        reads: What an author whose plugin fails should read.
    """

    kind: ClassVar[str | None]
    provides: ClassVar[frozenset[str]] = frozenset()
    over_catalog: ClassVar[bool] = False
    reads: ClassVar[str] = "CONTRIBUTING.md"

    @pytest.fixture(scope="class")
    @classmethod
    def entry(cls) -> Entry | None:
        """The entry of the catalog that is checked, if it is one."""
        return None


class SpecContract(Contract):
    """Any plugin: the record says what a person and the core need to know."""

    kind: ClassVar[str | None] = None

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> Entry:
        """The entry of the catalog."""
        return entry

    def test_names_can_be_typed(self, subject: Entry) -> None:
        for name in (subject.name, *subject.spec.aliases):
            assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name), f"{name!r} is hard to type"

    def test_summary_is_one_line(self, subject: Entry) -> None:
        assert subject.spec.summary.strip()
        assert "\n" not in subject.spec.summary

    def test_factory_can_be_imported(self, subject: Entry) -> None:
        missing = _missing_extra(subject)
        if missing:
            pytest.skip(missing)
        assert callable(subject.load())

    def test_options_have_defaults(self, subject: Entry) -> None:
        checked_options(subject, {})


def _missing_extra(entry: Entry) -> str:
    from importlib.util import find_spec

    missing = [name for name in entry.spec.extras if find_spec(name) is None]
    return f"the package {missing[0]} is not installed" if missing else ""


def check_value(value: Value, unit: str) -> None:
    """A finite number with the declared unit and a known origin."""
    assert isinstance(value, Value)
    assert isinstance(value.value, float), f"{value.value!r} is not a plain float"
    assert abs(value.value) < float("inf"), f"{value.value} is not finite"
    assert value.unit == unit
    assert value.origin in ORIGINS
    assert value.spread is None or value.spread >= 0

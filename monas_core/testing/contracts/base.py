"""What every contract shares, and what every spec must hold whatever its kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, get_args

import pytest
import torch
from torch import Tensor

from monas_core.catalog.lookup import Catalog, checked_options
from monas_core.catalog.specs import Entry
from monas_core.values.value import Origin, Value

ORIGINS = get_args(Origin)
_ALIKE = 0.88
"""Likeness from which a word nobody knows is taken for a slip of the pen."""

PAGE = "docs/kit.md"
"""What the kit demands, in words."""

Subject = Callable[..., Any]
"""Makes a new part: of itself, or with the options it is given, where it takes some."""


def loaded(entry: Entry) -> Any:
    """The factory of an entry; the tests that need it are skipped where a package is missing."""
    missing = _missing_extra(entry)
    if missing:
        pytest.skip(missing)
    return entry.load()


class Contract:
    """Tests of one kind of plugin.

    Attributes:
        kind: Which entries of the catalog it is run over; ``None`` for all kinds.
        provides: Only entries that declare these capabilities.
        finds_stage: Looks among all stages for one that meets the needs of a part, instead of
            trying on the toy what the toy can meet.
        over_catalog: Run over everything installed; otherwise over the ``subject`` alone.
        reads: What an author whose plugin fails should read.
        heading: Of ``docs/kit.md`` under which its clauses are explained.
        headings: Other headings, by the name of a test.
    """

    kind: ClassVar[str | None]
    provides: ClassVar[frozenset[str]] = frozenset()
    finds_stage: ClassVar[bool] = False
    over_catalog: ClassVar[bool] = False
    reads: ClassVar[str] = "CONTRIBUTING.md"
    heading: ClassVar[str] = "Packages"
    headings: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def explained(cls, test: str) -> str:
        """Where a clause is explained: ``docs/kit.md#trainers``."""
        heading = cls.headings.get(test, cls.heading)
        return f"{PAGE}#{heading.lower().replace(' ', '-')}"

    @pytest.fixture(scope="class")
    @classmethod
    def entry(cls) -> Entry | None:
        """The entry of the catalog that is checked, if it is one."""
        return None

    @pytest.fixture(scope="class")
    @classmethod
    def variant(cls) -> dict[str, Any]:
        """Options to try; over the catalog every declared alternative in turn."""
        return {}


class SpecContract(Contract):
    """Any plugin: the record says what a person and the core need to know."""

    kind: ClassVar[str | None] = None
    reads: ClassVar[str] = "monas_core.catalog.specs.Spec, CONTRIBUTING.md"

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

    def test_capabilities_are_spelled_as_others_know_them(
        self, subject: Entry, catalog: Catalog
    ) -> None:
        others = [entry for entry in catalog.entries() if entry.provider != subject.provider]
        known = {w for entry in others for w in (*entry.spec.needs, *entry.spec.provides)}
        for label in ("needs", "provides"):
            for word in sorted(getattr(subject.spec, label) - known):
                near = get_close_matches(word, sorted(known), n=1, cutoff=_ALIKE)
                assert not near, (
                    f'the Spec {label} "{word}", which nothing else knows, so it has no effect; '
                    f'"{near[0]}" is known: correct the word, or choose one less like it'
                )


def _missing_extra(entry: Entry) -> str:
    from importlib.util import find_spec

    missing = [name for name in entry.spec.extras if find_spec(name) is None]
    return f"the package {missing[0]} is not installed" if missing else ""


def subject_of(entry: Entry, provided: frozenset[str], catalog: Catalog) -> Subject:
    """A function that makes new parts of an entry.

    Needs that the toy problem does not meet are a failure, unless something installed meets them:
    then the entry is for problems of that kind, and is tried where its author says.
    """
    missing = entry.spec.needs - provided
    elsewhere = {word for other in catalog.entries() for word in other.spec.provides}
    if missing and missing <= elsewhere:
        pytest.skip(
            f"declared for problems with {', '.join(sorted(missing))}, which the toy problem has "
            "not; subclass this contract with such a problem"
        )
    if missing:
        pytest.fail(
            f"the Spec needs {', '.join(sorted(missing))}, which the toy problem has not, so it "
            f"cannot be tried (there are: {', '.join(sorted(provided))}); check the word, or test "
            f"the {entry.kind} by subclassing this contract with a problem that has it. "
            "Read: monas_core.catalog.specs.Spec"
        )
    return lambda options=None: entry.create(**checked_options(entry, options or {}))


def made(subject: Subject, variant: dict[str, Any]) -> Any:
    """A new part; options are mentioned only where there are some."""
    return subject(variant) if variant else subject()


def assert_same(found: Any, expected: Any, path: str) -> None:
    """Nested plain values and tensors are equal, bit for bit."""
    if isinstance(expected, Tensor):
        assert torch.equal(found, expected), f"{path} differs after resuming"
    elif isinstance(expected, dict):
        assert set(found) == set(expected), path
        for key in expected:
            assert_same(found[key], expected[key], f"{path}.{key}")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), path
        for index, (left, right) in enumerate(zip(found, expected, strict=True)):
            assert_same(left, right, f"{path}[{index}]")
    else:
        assert found == expected, f"{path} differs after resuming"


def check_value(value: Value, unit: str) -> None:
    """A finite number with the declared unit and a known origin."""
    assert isinstance(value, Value)
    assert isinstance(value.value, float), f"{value.value!r} is not a plain float"
    assert abs(value.value) < float("inf"), f"{value.value} is not finite"
    assert value.unit == unit
    assert value.origin in ORIGINS
    assert value.spread is None or value.spread >= 0

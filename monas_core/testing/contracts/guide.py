"""A guide of a selection: finite columns that follow from the points of a population alone."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from monas_core.catalog.specs import Entry
from monas_core.problem.guide import Guide
from monas_core.testing.contracts.base import Contract
from monas_core.testing.fakes import ToyEnergy, ToyLatency, ToyQuality
from monas_core.values.front import Points


class GuideContract(Contract):
    """A guide; override ``subject`` with yours."""

    kind: ClassVar[str | None] = "guide"
    heading: ClassVar[str] = "Guides"
    reads: ClassVar[str] = "monas_core.problem.guide.Guide"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> Guide:
        """The guide under test."""
        return entry.create()

    def test_entry_and_class_agree(self, entry: Entry | None, subject: Guide) -> None:
        assert entry is None or entry.name == subject.name, (
            f'the Spec is named "{entry.name if entry else ""}", its class "{subject.name}"'
        )

    @pytest.mark.parametrize("count", [2, 3], ids="{}-objectives".format)
    def test_one_finite_row_per_member(self, subject: Guide, count: int) -> None:
        objectives = [ToyQuality(), ToyLatency(), ToyEnergy()][:count]
        subject.check(objectives)
        for size in (1, 2, 20):
            points = _points(size, count)
            before = points.copy()
            found = subject.columns(objectives, points)
            assert found.ndim == 2 and len(found) == size, (  # noqa: PT018 - one shape
                f"columns() of {size} members has the shape {found.shape}, not ({size}, k)"
            )
            assert np.isfinite(found).all(), "columns() gives nan or inf"
            assert np.array_equal(points, before), "it changes the points it is shown"

    def test_equal_points_do_not_break_it(self, subject: Guide) -> None:
        found = subject.columns([ToyQuality(), ToyLatency()], np.ones((6, 2)))
        assert np.isfinite(found).all(), "equal members give nan or inf"
        assert (found == found[0]).all(), "equal members are told apart"

    def test_order_does_not_matter(self, subject: Guide) -> None:
        objectives, points = [ToyQuality(), ToyLatency()], _points(12, 2)
        turned = subject.columns(objectives, points[::-1])[::-1]
        assert turned == pytest.approx(subject.columns(objectives, points)), (
            "columns() depends on the order of the members"
        )


def _points(count: int, objectives: int) -> Points:
    return np.random.default_rng(0).uniform(1.0, 9.0, (count, objectives))

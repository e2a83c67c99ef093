"""Contracts of optimizers that fit many processes take minutes; they run in ``make test-all``.

So do most variants of an optimizer that trains networks.
"""

from __future__ import annotations

import pytest

SLOW = ("qehvi", "qnehvi", "qnparego", "equals_uninterrupted[modnas-")
ANSWERS = ("[qehvi", "[qnparego")
"""Answers of the Bayesian optimizers come from one place; those of ``qnehvi`` stay."""
FAST = ("[modnas-defaults", "[modnas-weights=together")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (
            "TestOptimizers" in item.nodeid
            and any(name in item.nodeid for name in SLOW)
            and not any(name in item.nodeid for name in FAST)
        ):
            item.add_marker(pytest.mark.slow)
        if "TestAnswers" in item.nodeid and any(name in item.nodeid for name in ANSWERS):
            item.add_marker(pytest.mark.slow)

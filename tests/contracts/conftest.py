"""Contracts of optimizers that fit many processes take minutes; they run in ``make test-all``."""

from __future__ import annotations

import pytest

SLOW = ("qehvi", "qnehvi", "qnparego")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "TestOptimizers" in item.nodeid and any(name in item.nodeid for name in SLOW):
            item.add_marker(pytest.mark.slow)

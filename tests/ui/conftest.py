"""Events of a made-up run, for every test of what a person sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from monas_core.ui.view import fold_all


@pytest.fixture(scope="session")
def synthetic(script: Callable[[Path], ModuleType]) -> ModuleType:
    return script(Path(__file__).with_name("synthetic.py"))


@pytest.fixture(scope="session")
def short_log(synthetic):
    """All events of a run of a few steps."""
    return list(synthetic.run(steps=8, warm=20))


@pytest.fixture(scope="session")
def searching(short_log):
    """The state of a run in the middle of its search."""
    begin = next(e.time for e in short_log if getattr(e, "phase", "") == "finish")
    return fold_all(e for e in short_log if e.time < begin - 1.5)


@pytest.fixture(scope="session")
def moments(short_log, searching):
    """States before, in and after a search."""
    return [*(fold_all(short_log[:end]) for end in (0, 1, 15)), searching, fold_all(short_log)]


@pytest.fixture(scope="session")
def log(synthetic):
    """All events of an undisturbed run."""
    return list(synthetic.run())

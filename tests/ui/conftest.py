"""Events of a made-up run, for every test of what a person sees."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


def load_synthetic() -> ModuleType:
    path = Path(__file__).parents[1] / "ui" / "synthetic.py"
    spec = importlib.util.spec_from_file_location("synthetic_run", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    return load_synthetic()


@pytest.fixture(scope="session")
def log(synthetic):
    """All events of an undisturbed run."""
    return list(synthetic.run())

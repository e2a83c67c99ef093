"""The script that is a notebook, and its run."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import monas_core as monas

SCRIPT = Path(__file__).with_name("notebook_script.py")


@pytest.fixture(scope="session")
def notebook() -> ModuleType:
    """The script as a module: its classes are the same, though they go by another module."""
    spec = importlib.util.spec_from_file_location("notebook_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["notebook_script"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def whole(notebook: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> monas.Run:
    """The same run without a break."""
    return notebook.searched(tmp_path_factory.mktemp("whole") / "run", progress=False)

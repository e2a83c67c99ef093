"""Every public name is documented, and the page that is made of it has them all."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from types import ModuleType

import pytest

import monas_core
from monas_core.catalog import hookspecs

from .blocks import DOCS


@pytest.fixture(scope="module")
def docstrings() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docstrings", DOCS / "docstrings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["docstrings"] = module
    spec.loader.exec_module(module)
    return module


def test_every_public_name_is_documented(docstrings: ModuleType) -> None:
    """Classes, functions, constants, modules; methods and properties, too."""
    bare = []
    for module, names in docstrings.surface().items():
        for name in names:
            if not docstrings.described(module, name):
                bare.append(f"{module}.{name}")
            thing = docstrings.public(module, name)
            for inner, _ in docstrings.inside(thing):
                if not inspect.getdoc(getattr(thing, inner)):
                    bare.append(f"{module}.{name}.{inner}")
    assert not bare, "write a docstring; a constant's is the text below it"


def test_every_hook_is_documented() -> None:
    for hook in hookspecs.HOOKS.values():
        assert inspect.getdoc(getattr(hookspecs, hook)), hook


def test_what_import_gives_is_in_the_table_of_public_names() -> None:
    page = (DOCS / "public-surface.md").read_text(encoding="utf-8")
    table = page[page.index("## From Python") :]
    assert not [name for name in monas_core.__all__ if f"`{name}`" not in table]


def test_the_page_has_every_name() -> None:
    page = (DOCS / "public-api.md").read_text(encoding="utf-8")
    titles = set(re.findall(r"^### (\w+)$", page, re.MULTILINE))
    assert titles >= set(monas_core.__all__)
    assert "Args:" not in page

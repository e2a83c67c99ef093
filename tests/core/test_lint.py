"""Careless plugin modules and malformed specs are told to their author and harm nobody else."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from monas_core.catalog.discovery import Discovery, discover
from monas_core.catalog.lookup import Catalog
from monas_core.errors import PluginError, UsageError

HEAD = """
from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec
"""


class Shelf:
    """Writes packages and finds what their ``plugin.py`` offers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def discover(self, package: str, plugin: str, **modules: str) -> Discovery:
        home = self.folder / package
        home.mkdir()
        for name, text in {"__init__": "", **modules, "plugin": plugin}.items():
            (home / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return discover([EntryPoint(package, f"{package}.plugin", "monas")])


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield Shelf(tmp_path)
    for name in set(sys.modules) - before:
        if name.startswith("shelf_"):
            del sys.modules[name]


def offering(*specs: str) -> str:
    return HEAD + f"\n@hookimpl\ndef monas_spaces():\n    return [{', '.join(specs)}]\n"


GOOD = 'Spec("good", "A space.", "nowhere:Space")'


@pytest.mark.parametrize(
    ("bad", "named", "told"),
    [
        ('Spec(None, "S.", "m:f")', "shelf_bad", "its name is None"),
        ('Spec("", "S.", "m:f")', "shelf_bad", "its name is ''"),
        ('Spec("slash/dev", "S.", "m:f")', "slash/dev", "its name is 'slash/dev'"),
        ('Spec(b"x", "S.", "m:f")', "shelf_bad", "its name is b'x'"),
        ('Spec("x", 7, "m:f")', "x", "its summary is 7"),
        ('Spec("x", None, "m:f")', "x", "its summary is None"),
        ('Spec("x", "S.", None)', "x", "its factory is None"),
        ('Spec("x", "S.", "no_colon")', "x", "package.module:attribute"),
        ('Spec("x", "S.", "m:f", aliases=(3,))', "x", "its alias is 3"),
        ('Spec("x", "S.", "m:f", aliases=("a,b",))', "x", "its alias is 'a,b'"),
        ('Spec("x", "S.", "m:f", extras={"torch": None})', "x", "its extras is"),
        ('Spec("x", "S.", "m:f", extras=["torch"])', "x", "its extras is ['torch']"),
        ('Spec("x", "S.", "m:f", settings=[1])', "x", "its settings is [1]"),
        ('Spec("x", "S.", "m:f", options=5)', "x", "its options is 5"),
        ('Spec("x", "S.", "m:f", provides={5})', "x", "its provides is 5"),
        ('Spec("x", "S.", "m:f", needs={None})', "x", "its needs is None"),
    ],
)
def test_a_malformed_spec_breaks_only_itself(shelf: Shelf, bad: str, named: str, told: str) -> None:
    found = shelf.discover("shelf_bad", offering(bad, GOOD))
    assert [entry.name for entry in found.entries] == ["good"]
    (fault,) = found.faults
    assert (fault.state, fault.kind, fault.plugin) == ("malformed", "space", named)
    assert told in fault.reason
    with pytest.raises(UsageError, match="Did you mean"):
        Catalog(found).find("space", "goood")
    with pytest.raises(PluginError, match="is malformed: its"):
        Catalog(found).find("space", named)


def test_a_value_that_cannot_be_shown_is_no_obstacle(shelf: Shelf) -> None:
    nasty = "\nclass Nasty:\n    def __repr__(self): raise ValueError('no')\n"
    found = shelf.discover("shelf_nasty", nasty + offering('Spec(Nasty(), "S.", "m:f")', GOOD))
    assert "its name is a Nasty" in found.faults[0].reason


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("def monas_spaces():\n    return []\n", "monas_spaces lacks @hookimpl"),
        ("def monas_space():\n    return []\n", "name it monas_spaces"),
        ("import json\n", "offers nothing"),
        ("", "offers nothing"),
    ],
)
def test_a_module_without_hooks_is_broken(shelf: Shelf, module: str, told: str) -> None:
    (fault,) = shelf.discover("shelf_idle", module).faults
    assert fault.state == "broken"
    assert told in fault.reason


def test_one_function_without_the_marker_is_told_beside_the_others(shelf: Shelf) -> None:
    found = shelf.discover("shelf_half", offering(GOOD) + "\ndef monas_devices():\n    return []\n")
    assert [entry.name for entry in found.entries] == ["good"]
    assert found.faults[0].state == "careless"
    assert "monas_devices lacks @hookimpl" in found.faults[0].reason


@pytest.mark.parametrize("answer", ["", "return None", "return 5", f"return {GOOD}", "1 / 0"])
def test_a_hook_with_a_wrong_answer_is_named(shelf: Shelf, answer: str) -> None:
    text = HEAD + f"\n@hookimpl\ndef monas_spaces():\n    {answer or 'pass'}\n"
    (fault,) = shelf.discover("shelf_hook", text).faults
    assert fault.state == "broken"
    assert "hook monas_spaces" in fault.reason


@pytest.mark.parametrize(
    ("head", "modules"),
    [
        ("import torch\n", {}),
        ("from torch import nn\n", {}),
        ("try:\n    import torch\nexcept ImportError:\n    pass\n", {}),
        ("from monas_core.parts.space import SearchSpace\n", {}),
        ("from shelf_heavy import inner\n", {"inner": "import torch.nn as nn\n"}),
    ],
)
def test_torch_in_a_plugin_module_is_told(shelf: Shelf, head: str, modules: dict[str, str]) -> None:
    found = shelf.discover("shelf_heavy", head + offering(GOOD), **modules)
    assert [entry.name for entry in found.entries] == ["good"]
    (fault,) = found.faults
    assert fault.state == "careless"
    assert "waits for torch" in fault.reason
    assert Catalog(found).find("space", "good")


def test_torch_for_the_type_checker_alone_is_free(shelf: Shelf) -> None:
    head = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n"
    assert shelf.discover("shelf_light", head + offering(GOOD)).faults == ()


SPACE = """
class Space:
    def supernet(self, task):
        {}
"""


@pytest.mark.parametrize(
    ("body", "provides", "told"),
    [
        ("return object()", "", True),
        ("return object()", ', provides={"supernet"}', False),
        ('raise RuntimeError("none")', "", False),
    ],
)
def test_a_forgotten_supernet_is_told(shelf: Shelf, body: str, provides: str, told: bool) -> None:
    offer = f'Spec("cells", "S.", "shelf_space.space:Space"{provides})'
    found = shelf.discover("shelf_space", offering(offer), space=SPACE.format(body))
    assert [entry.name for entry in found.entries] == ["cells"]
    assert [fault.state for fault in found.faults] == (["careless"] if told else [])
    if told:
        assert 'provides={"supernet"}' in found.faults[0].reason

"""Rules of the house that a machine can check."""

from __future__ import annotations

import ast
import functools
import inspect
import io
import re
import subprocess
import sys
import time
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from monas_core.catalog import hookspecs
from monas_core.parts.device import Device, HardwareEmbedding
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Task
from monas_core.problem.optimizer import Optimizer
from monas_core.testing import contracts

ROOT = Path(__file__).resolve().parents[1]
GROUPS = ("search_spaces", "objectives", "plugins")
LONGEST_MODULE = 300
LONGEST_FUNCTION = 60
MOST_METHODS = 7
LONG_MODULES: dict[str, str] = {}
"""Modules that may be longer, by path, each with the reason."""
LONG_FUNCTIONS: dict[str, str] = {}
"""Functions that may be longer, by ``path:name``, each with the reason."""
HEAVY = {"torch", "numpy", "scipy", "matplotlib", "moocore"}
PRINTERS = ("monas_core/ui/", "monas_core/cli/")


def modules(*folders: str) -> list[Path]:
    """All Python files below some folders of the repository."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return [path for path in found if "__pycache__" not in path.parts]


CODE = modules("monas_core", *GROUPS)
ALL = [*CODE, *modules("tests", "benchmarks")]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name(path)}:{node.name}", node


def test_modules_are_short() -> None:
    lines = {name(path): text(path).count("\n") for path in CODE}
    assert not {k: v for k, v in lines.items() if v > LONGEST_MODULE and k not in LONG_MODULES}
    assert not [k for k in LONG_MODULES if lines[k] <= LONGEST_MODULE], "need no exception"


def test_functions_are_short() -> None:
    # a signature is not counted: that of a command is the table of its options
    lengths = {
        label: (node.end_lineno or 0) - node.body[0].lineno + 1
        for path in CODE
        for label, node in functions(path)
    }
    assert not {
        k: v for k, v in lengths.items() if v > LONGEST_FUNCTION and k not in LONG_FUNCTIONS
    }


def test_module_docstring_comes_first() -> None:
    code = [path for path in (*CODE, *modules("benchmarks")) if text(path).strip()]
    assert not [name(path) for path in code if not ast.get_docstring(tree(path))]


def test_only_screens_print() -> None:
    calls = [
        f"{name(path)}:{node.lineno}"
        for path in CODE
        if not name(path).startswith(PRINTERS) and "print(" in text(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id == "print"
    ]
    assert not calls


def test_nothing_is_left_for_later() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [
        f"{name(path)}: {token.string}"
        for path in ALL
        if left.search(text(path))
        for token in tokenize.generate_tokens(io.StringIO(text(path)).readline)
        if token.type == tokenize.COMMENT and left.search(token.string)
    ]
    assert not found


def plugin_modules() -> list[str]:
    """Import names of every ``plugin.py``."""
    found = [path for group in GROUPS for path in (ROOT / group).glob("*/plugin.py")]
    return sorted(f"{path.parent.name}.plugin" for path in found)


def loaded_after(script: str) -> set[str]:
    """Top-level modules in memory after a script, in a fresh process."""
    tail = "\nimport sys; sys.stderr.write('LOADED ' + ' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script + tail], capture_output=True, text=True, check=True
    )
    return set(done.stderr.rpartition("LOADED ")[2].split())


COMMAND = """
import sys
from monas_core.cli.main import main
sys.argv = ["monas", *{arguments}]
try:
    main()
except SystemExit:
    pass
"""


@pytest.mark.parametrize(
    "script",
    [
        "import importlib\nfor name in {plugins}: importlib.import_module(name)",
        "from monas_core.catalog.lookup import Catalog; Catalog.installed()",
        COMMAND.replace("{arguments}", "['--help']"),
        COMMAND.replace("{arguments}", "['run', '--help']"),
        COMMAND.replace("{arguments}", "['plugins', '--json']"),
        COMMAND.replace("{arguments}", "['info', 'latency', '--json']"),
        COMMAND.replace("{arguments}", "['info', 'h100-sxm', '--json']"),
    ],
    ids=[
        "plugin modules",
        "catalog",
        "monas --help",
        "run --help",
        "plugins",
        "info latency",
        "info h100-sxm",
    ],
)
def test_torch_stays_out(script: str) -> None:
    loaded = loaded_after(script.replace("{plugins}", repr(plugin_modules())))
    assert "monas_core" in loaded
    assert not loaded & HEAVY


def test_core_leaves_its_test_kit_alone() -> None:
    """pytest is an extra; nothing a run needs may import it."""
    for path in CODE:
        if "monas_core/testing/" not in name(path):
            assert "monas_core.testing" not in imports(path), name(path)


def imports(path: Path) -> set[str]:
    """Modules a file imports, with all their parents."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for full in names:
            parts = full.split(".")
            found |= {".".join(parts[: i + 1]) for i in range(len(parts))}
    return found


def test_core_names_no_plugin() -> None:
    packages = [plugin.removesuffix(".plugin") for plugin in plugin_modules()]
    assert packages
    # two packages share their names with hooks, so a bare name is no mention
    names = "|".join(packages)
    pattern = re.compile(rf"\b({names})[.:/]|(import|from) ({names})\b")
    guilty = [name(path) for path in modules("monas_core") if pattern.search(text(path))]
    assert not guilty


def test_plugins_do_not_import_each_other() -> None:
    packages = {plugin.removesuffix(".plugin") for plugin in plugin_modules()}
    for path in modules(*GROUPS):
        own = path.relative_to(ROOT).parts[1]
        assert not imports(path) & (packages - {own}), name(path)


@pytest.mark.parametrize("hook", sorted(hookspecs.HOOKS.values()))
def test_hooks_are_documented(hook: str) -> None:
    said = inspect.getdoc(getattr(hookspecs, hook))
    assert said
    assert said.endswith(".")


def test_every_hook_belongs_to_a_kind() -> None:
    defined = {attribute for attribute in vars(hookspecs) if attribute.startswith("monas_")}
    assert defined == set(hookspecs.HOOKS.values())


def test_every_kind_that_computes_has_a_contract() -> None:
    covered = {getattr(contracts, kind).kind for kind in contracts.__all__}
    plain = {"preset", "observer", "command"}  # covered by the contract of every spec
    assert set(hookspecs.HOOKS) - plain <= covered


@pytest.mark.parametrize(
    "interface", [SearchSpace, Supernet, Task, Objective, Device, HardwareEmbedding, Optimizer]
)
def test_interfaces_are_narrow_and_documented(interface: type) -> None:
    kinds = (staticmethod, classmethod, property)
    public = {
        label: member
        for label, member in vars(interface).items()
        if not label.startswith("_") and (inspect.isfunction(member) or isinstance(member, kinds))
    }
    assert public
    assert len(public) <= MOST_METHODS
    for label, member in public.items():
        assert inspect.getdoc(member), label


def seconds_of(*arguments: str) -> float:
    """Wall-clock time of one run."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    return time.perf_counter() - begin


@pytest.mark.slow
def test_help_appears_at_once() -> None:
    """The shortest times count, taken side by side: whatever else runs makes all of them longer."""
    reference, shown = float("inf"), float("inf")
    for turn in range(40):
        reference = min(reference, seconds_of("-c", "import typer, rich"))
        shown = min(shown, seconds_of("-m", "monas_core.cli.main", "--help"))
        if turn >= 4 and shown <= 1.5 * reference:
            return
    pytest.fail(f"{shown:.2f} s, {reference:.2f} s of them for what it draws with")

"""What is wrong with a plugin module or a spec, found without importing a factory."""

from __future__ import annotations

import ast
import difflib
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from monas_core.catalog import hookspecs
from monas_core.catalog.specs import Spec
from monas_core.catalog.wording import NAME, shown

_PATH = r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*"
_HEAVY = "torch"
_NEAR = 0.8


def malformed(spec: Spec) -> str:
    """What makes a spec unusable, as a clause; empty where it can be used."""
    checks: list[tuple[str, Any, bool]] = [
        ("name", spec.name, _matches(NAME, spec.name)),
        ("summary", spec.summary, _words(spec.summary)),
        ("factory", spec.factory, _matches(_PATH, spec.factory)),
        ("options", spec.options, spec.options is None or _matches(_PATH, spec.options)),
        ("extras", spec.extras, _texts(spec.extras)),
        ("settings", spec.settings, _keywords(spec.settings)),
    ]
    checks += [("alias", alias, _matches(NAME, alias)) for alias in spec.aliases]
    for label in ("needs", "provides"):
        checks += [
            (label, word, isinstance(word, str) and bool(word)) for word in _sorted(spec, label)
        ]
    for label, value, good in checks:
        if not good:
            return f"its {label} is {shown(value)}, but must be {_ALLOWED[label]}"
    return ""


_ALLOWED: Mapping[str, str] = {
    "name": "a word of letters, digits and ._+-",
    "alias": "a word of letters, digits and ._+-",
    "summary": "a line of text",
    "factory": 'an import path "package.module:attribute"',
    "options": 'an import path "package.module:attribute" or None',
    "extras": "a mapping of import names to pip requirements, both text",
    "settings": "a mapping of keyword arguments",
    "needs": "names of capabilities",
    "provides": "names of capabilities",
}


def _matches(pattern: str, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _words(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    return all(isinstance(x, str) and x.strip() for pair in value.items() for x in pair)


def _keywords(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_matches(r"[A-Za-z_]\w*", key) for key in value)


def _sorted(spec: Spec, label: str) -> list[Any]:
    return sorted(getattr(spec, label), key=repr)


def without_marker(module: ModuleType, implemented: Sequence[str]) -> str:
    """Why a module offers less than it seems to, as a sentence; empty where it does not.

    Args:
        module: What an entry point leads to.
        implemented: Hooks that it implements, as pluggy sees it.
    """
    hooks = list(hookspecs.HOOKS.values())
    for name, value in vars(module).items():
        if not inspect.isfunction(value) or value.__module__ != module.__name__:
            continue
        if name in implemented or not name.startswith("monas"):
            continue
        (near,) = difflib.get_close_matches(name, hooks, n=1, cutoff=_NEAR) or ("",)
        if near:
            return (
                f"its function {name} lacks @hookimpl and is never called; decorate it with "
                f"monas_core.catalog.hookspecs.hookimpl"
                + (f" and name it {near}" if near != name else "")
            )
    if not implemented:
        return (
            f"module {module.__name__} offers nothing: it has no function decorated with "
            f"monas_core.catalog.hookspecs.hookimpl (hooks: {', '.join(hooks)})"
        )
    return ""


def heavy_import(module: ModuleType, loaded_before: frozenset[str]) -> str:
    """Why listing plugins takes seconds because of this module; empty where it does not.

    Args:
        module: What an entry point leads to, imported.
        loaded_before: Modules in memory before that.
    """
    package = module.__name__.partition(".")[0]
    fresh = [name for name in sys.modules if name not in loaded_before]
    mine = [name for name in fresh if name.partition(".")[0] == package]
    for name in dict.fromkeys([module.__name__, *mine]):
        for line, imported in _top_level_imports(sys.modules.get(name)):
            if _leads_to_torch(imported):
                return _heavy_sentence(f"{name}, line {line}, imports {imported}")
    if _HEAVY in fresh:  # by a way that cannot be read off its own modules
        return _heavy_sentence(f"importing {module.__name__} brings torch in")
    return ""


def _heavy_sentence(where: str) -> str:
    return (
        f"{where}: every command now waits for torch; keep plugin.py and what it imports free "
        "of it, factories are import paths so that they load on first use"
    )


def _top_level_imports(module: ModuleType | None) -> Iterator[tuple[int, str]]:
    """Line and name of every module that is imported as soon as this one is."""
    tree = _tree(getattr(module, "__file__", None))
    waiting: list[ast.stmt] = list(tree.body) if tree else []
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
        elif isinstance(node, ast.Try):
            waiting[:0] = [*node.body, *node.orelse]


def _leads_to_torch(name: str) -> bool:
    """Whether a module is torch, or one of the core that holds something of torch's."""
    if name.partition(".")[0] == _HEAVY:
        return True
    module = sys.modules.get(name)
    if module is None or name.partition(".")[0] != "monas_core":
        return False
    held = (v for v in vars(module).values() if isinstance(v, ModuleType | type))
    homes = (v.__name__ if isinstance(v, ModuleType) else v.__module__ for v in held)
    return any(home.partition(".")[0] == _HEAVY for home in homes)


def forgotten_capability(kind: str, spec: Spec) -> str:
    """A capability that a factory plainly has and its spec does not declare; or empty.

    Reads the source, so that nothing is imported: a space whose class defines ``supernet``.
    """
    if kind != "space" or "supernet" in spec.provides:
        return ""
    path, _, attribute = spec.factory.partition(":")
    found = _definition(path, attribute)
    if found is None:
        return ""
    for node in found.body:
        if isinstance(node, ast.FunctionDef) and node.name == "supernet" and _does_something(node):
            return (
                f'space "{spec.name}" defines supernet(), but its spec does not declare it, so '
                'no run trains it; add provides={"supernet"} to the Spec'
            )
    return ""


def _definition(path: str, attribute: str) -> ast.ClassDef | None:
    try:
        found = importlib.util.find_spec(path)
    except Exception:  # noqa: BLE001 - a package that does not import is reported when used
        return None
    tree = _tree(found.origin if found else None)
    body = tree.body if tree else []
    return next((n for n in body if isinstance(n, ast.ClassDef) and n.name == attribute), None)


def _does_something(function: ast.FunctionDef) -> bool:
    """Whether a body is more than a docstring and a refusal."""
    body = [n for n in function.body if not isinstance(n, ast.Expr | ast.Pass)]
    return any(not isinstance(node, ast.Raise) for node in body)


def _tree(path: str | None) -> ast.Module | None:
    if not path or not path.endswith(".py"):
        return None
    try:
        return ast.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return None

"""Modules that stand alone, joined to one text that a stranger can read and run."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from monas_core.errors import PluginError


def bundle(modules: Sequence[str], title: str) -> str:
    """The text of some modules as one, in order; imports of each other fall away.

    Args:
        modules: Import paths, of the core or of packages that offer plugins.
        title: First line of the result's docstring.

    Raises:
        PluginError: A module is none of a plugin's, cannot be found, or does not stand alone.
    """
    parts = [_body(name, frozenset(modules)) for name in modules]
    return f'"""{title}"""\n\nfrom __future__ import annotations\n\n' + "\n\n".join(parts)


def owned(module: str) -> str:
    """Import path, checked: what is run or shipped belongs to the core or to a plugin.

    Raises:
        PluginError: It does not.
    """
    package = module.partition(".")[0]
    offered = {point.value.partition(".")[0] for point in metadata.entry_points(group="monas")}
    if package != "monas_core" and package not in offered:
        raise PluginError(
            f"{module!r:.80} belongs to no installed plugin, so its code is neither run nor "
            "shipped; install the plugin the model was made with."
        )
    return module


def _body(name: str, together: frozenset[str]) -> str:
    spec = importlib.util.find_spec(owned(name))
    if spec is None or not spec.origin:
        raise PluginError(f"Module {name} is not installed here; install its plugin.")
    text = Path(spec.origin).read_text(encoding="utf-8")
    lines, dropped = text.splitlines(), set[int]()
    tree = ast.parse(text)
    for place, node in enumerate(tree.body):
        if _is_docstring(place, node) or _falls_away(node, together):
            dropped |= set(range(node.lineno - 1, node.end_lineno or node.lineno))
    for node in ast.walk(tree):
        used = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module not in together:
            used = [node.module or ""]
        outside = [module for module in used if module.startswith("monas")]
        if outside:
            raise PluginError(f"Module {name} is shipped with models but imports {outside[0]}.")
    kept = [line for number, line in enumerate(lines) if number not in dropped]
    return "\n".join(kept).strip("\n") + "\n"


def _is_docstring(place: int, node: ast.stmt) -> bool:
    return place == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _falls_away(node: ast.stmt, together: frozenset[str]) -> bool:
    return isinstance(node, ast.ImportFrom) and (
        node.module == "__future__" or node.module in together
    )

"""Docstrings of what a plugin or a script may import, as one page.

Names are those that ``public-surface.md`` lists; a constant's docstring is the text below it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import monas_core

SURFACE = Path(__file__).parent / "public-surface.md"
_ROW = re.compile(r"^\| `(monas_core[\w.]*)` \| (.+) \|$", re.MULTILINE)
_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields|Example|Examples):$", re.MULTILINE)
_ENTRY = re.compile(r"^    (\*{0,2}[\w, ]+): ", re.MULTILINE)
_WIDEST = 88


def surface() -> Mapping[str, list[str]]:
    """Every public name, by module; what ``import monas_core`` gives comes first."""
    rows = {"monas_core": list(monas_core.__all__)}
    for module, names in _ROW.findall(SURFACE.read_text(encoding="utf-8")):
        rows.setdefault(module, []).extend(re.findall(r"`(\w+)`", names))
    return rows


def public(module: str, name: str) -> Any:
    """What a name stands for; some are modules."""
    found = getattr(importlib.import_module(module), name, None)
    return importlib.import_module(f"{module}.{name}") if found is None else found


def described(module: str, name: str) -> str:
    """The docstring of a name, "" where it has none."""
    thing = public(module, name)
    if isinstance(thing, type | ModuleType) or inspect.isroutine(thing):
        return inspect.getdoc(thing) or ""
    return _below(importlib.import_module(module), name)


def _below(module: ModuleType, name: str) -> str:
    """The text below the assignment of a name."""
    body = ast.parse(inspect.getsource(module)).body
    for one, text in itertools.pairwise(body):
        targets = getattr(one, "targets", None) or [getattr(one, "target", None)]
        named = [
            leaf.id for t in targets if t for leaf in ast.walk(t) if isinstance(leaf, ast.Name)
        ]
        if name in named and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            return inspect.cleandoc(str(text.value.value))
    return ""


def inside(thing: Any) -> Iterator[tuple[str, Any]]:
    """Public methods and properties of a class, functions and classes of a module: its own."""
    for name, value in vars(thing).items() if isinstance(thing, type | ModuleType) else ():
        plain = getattr(value, "__func__", value)
        own = isinstance(thing, type) or getattr(value, "__module__", "") == thing.__name__
        known = inspect.isfunction(plain) or isinstance(value, property)
        if own and not name.startswith("_") and (known or isinstance(value, type)):
            yield name, plain


def page() -> str:
    """All of it, module by module."""
    said = "Made from docstrings. What is kept stable of it:"
    lines = ["# Python API", "", f"{said} [What a plugin may import](public-surface.md).", ""]
    told: list[Any] = []
    for module, names in surface().items():
        lines += [f"## {module}", ""]
        for name in names:
            thing = public(module, name)
            again = any(thing is known for known in told) and not isinstance(thing, str | tuple)
            lines += [f"### {name}", "", "As above.", ""] if again else _entry(module, name)
            told.append(thing)
    return "\n".join(lines)


def _entry(module: str, name: str) -> list[str]:
    thing = public(module, name)
    lines = [f"### {name}", ""]
    if isinstance(thing, type) or inspect.isroutine(thing):
        lines += ["```python", _signature(name, thing), "```", ""]
    lines += [_markdown(described(module, name)), ""]
    for inner, member in inside(thing):
        said = inspect.getdoc(member) or inspect.getdoc(getattr(thing, inner)) or ""
        head = inner if isinstance(member, property) else _signature(inner, member, most=10_000)
        lines += [f"**`{head}`** {_markdown(said)}", ""]
    return lines


def _signature(name: str, thing: Any, most: int = _WIDEST) -> str:
    """How something is called; one parameter a line where it is longer than ``most``."""
    try:
        found = inspect.signature(thing)
    except ValueError:  # exceptions of the language
        return f"{name}(...)"
    words, keywords = list[str](), False
    for parameter in found.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not keywords:
            words, keywords = [*words, "*"], True
        if parameter.name not in ("self", "cls"):
            words.append(_parameter(parameter))
    gives = (
        ""
        if found.return_annotation in (found.empty, None, "None")
        else (f" -> {found.return_annotation}")
    )
    plain = f"{name}({', '.join(words)}){gives}"
    return (
        plain if len(plain) <= most else f"{name}(\n    " + ",\n    ".join(words) + f",\n){gives}"
    )


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    typed = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
    default = repr(parameter.default)
    shown = "..." if " at 0x" in default or default.startswith(("NOTHING", "<")) else default
    if parameter.default is not parameter.empty:
        typed += f" = {shown}" if typed else f"={shown}"
    return stars + parameter.name + typed


def _markdown(text: str) -> str:
    """A docstring in the form of pages: sections are bold, their entries a list."""
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    parts = _SECTION.split(text)
    lines = [parts[0].rstrip()]
    for title, inside in zip(parts[1::2], parts[2::2], strict=True):
        if title.startswith("Example"):
            continue  # of sessions; pages have their own
        entries = _ENTRY.sub(r"- `\1`: ", inside.strip("\n")).replace("\n        ", "\n  ")
        lines += ["", f"**{title}**", "", inspect.cleandoc(entries) if entries else ""]
    return "\n".join(lines)

"""What tells whether a part handed over again is the one a run was started with.

Reference and content: the class, a digest of the code that was written for it, and the plain
values the instance holds. Comments, docstrings and layout do not count, and neither does the
file the class lies in. Functions that the class calls are not followed.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

_FOREIGN = ("monas_core", "builtins", "abc", "torch", "typing", "collections", "enum")
_DEEPEST = 4
_LONGEST = 200


def class_of(part: Any) -> type:
    """The class as it was written: a part in use has one of its own that checks its answers."""
    kind = part if isinstance(part, type) else type(part)
    return next(base for base in kind.__mro__ if "_monas_entry" not in vars(base))


def code_digest(kind: type) -> str:
    """Of everything written for a class; empty where its text cannot be had."""
    found = hashlib.sha256()
    for base in kind.__mro__:
        if base.__module__.partition(".")[0] in _FOREIGN or "_monas_entry" in vars(base):
            continue
        plain = {n: v for n, v in vars(base).items() if isinstance(v, bool | int | float | str)}
        told = {name: value for name, value in plain.items() if not name.startswith("__")}
        found.update(f"{sorted(told.items())}\n".encode())
        for name, function in _functions(base):
            text = _text(function)
            if text is None:
                return ""
            found.update(f"{name}\n{text}\n".encode())
    return found.hexdigest()[:16]


def settings_of(part: Any) -> dict[str, Any]:
    """The plain values an instance holds, by name; a class holds none yet."""
    if isinstance(part, type):
        return {}
    held = dict(getattr(part, "__dict__", {}))
    for base in type(part).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(part, name) and not name.startswith("__"):
                held[name] = getattr(part, name)
    kept = {name: _plain(value, 0) for name, value in sorted(held.items())}
    return {name: value for name, value in kept.items() if value is not _UNKNOWN}


def _functions(base: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, value in sorted(vars(base).items()):
        if isinstance(value, property):
            parts: tuple[Any, ...] = (value.fget, value.fset)
        elif isinstance(value, staticmethod | classmethod):
            parts = (value.__func__,)
        elif isinstance(value, functools.cached_property):
            parts = (value.func,)
        else:
            parts = (value,)
        for part in parts:
            written = inspect.unwrap(part) if callable(part) else part
            if not inspect.isfunction(written) or written.__module__ != base.__module__:
                continue
            if not written.__code__.co_filename.startswith("<attrs"):
                yield name, written


def _text(function: Callable[..., Any]) -> str | None:
    """Source without layout, comments and docstrings."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return None
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a lambda in the middle of an expression
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


_UNKNOWN: Any = object()


def _plain(value: Any, depth: int) -> Any:
    """A value as JSON; large or strange ones by digest, or not at all."""
    if value is None or isinstance(value, bool | int | float | str):
        return value if len(str(value)) <= _LONGEST else _digest(str(value).encode())
    if isinstance(value, torch.Tensor):
        flat = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        return _digest(flat.numpy().tobytes())
    if depth >= _DEEPEST:
        return _UNKNOWN
    if isinstance(value, Mapping):
        items = {str(k): _plain(v, depth + 1) for k, v in value.items()}
        return {k: v for k, v in items.items() if v is not _UNKNOWN}
    if isinstance(value, list | tuple):
        return [found for v in value if (found := _plain(v, depth + 1)) is not _UNKNOWN]
    if isinstance(value, set | frozenset):
        return sorted(str(item) for item in value)
    if inspect.isfunction(value):
        text = _text(value)
        return _UNKNOWN if text is None else _digest(text.encode())
    return _UNKNOWN


def _digest(data: bytes) -> str:
    return f"sha256 {hashlib.sha256(data).hexdigest()[:16]}"

"""A person's own task in one file: ``module:FILE.py:NAME``.

``NAME`` is an ``OwnTask``, or a function without arguments that returns one.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from monas_core.errors import UsageError
from monas_core.own_task import OwnTask, explained
from monas_core.values.data import Item, Source, mark_lines


def load(argument: str | None = None) -> OwnTask:
    """The task ``module:FILE.py:NAME``.

    Raises:
        UsageError: No such file or name, or a fault in it, with the line.
    """
    typed, _, name = (argument or "").rpartition(":")
    if not typed or not name or not name.isidentifier():
        raise UsageError(
            f'Task "module" needs a file and a name in it, got "{argument or ""}"; write '
            "module:FILE.py:NAME."
        )
    file = Path(typed).expanduser()
    if not file.is_file():
        raise UsageError(f'Task module:{argument}: there is no file "{file}"; check the path.')
    content = file.read_bytes()
    found = getattr(_imported(file, content), name, None)
    if found is None:
        raise UsageError(
            f'Task module:{argument}: "{file}" defines no "{name}"; define it, or name what it '
            "defines."
        )
    if callable(found) and not isinstance(found, OwnTask):
        with explained(f"{name}()"):
            found = found()
    if not isinstance(found, OwnTask):
        raise UsageError(
            f'Task module:{argument}: "{name}" is a {type(found).__name__}; it must be an OwnTask, '
            "or a function that returns one."
        )
    lines = content.split(b"\n")
    known = Item(hashlib.sha256(content).hexdigest(), len(lines), mark_lines(lines))
    found.written_in(Source(typed, str(file.absolute()), "file", {file.name: known}))
    return found


def _imported(file: Path, content: bytes) -> ModuleType:
    """The file as a module; it may import what lies beside it. Raises UsageError."""
    # named by content: another file, or another version of it, is another module
    name = f"own_task_{hashlib.sha256(str(file.absolute()).encode() + content).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file.absolute())
    if spec is None or spec.loader is None:
        raise UsageError(f'"{file}" is no Python file; its name must end with .py.')
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # classes defined there look themselves up
    sys.path.insert(0, str(file.absolute().parent))
    try:
        with explained(f"importing {file.name}"):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(str(file.absolute().parent))
    return module

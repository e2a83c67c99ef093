"""The function of a person's file that makes a network."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from monas_core.errors import UsageError
from monas_core.own_task import explained


def defined(argument: str | None) -> tuple[Callable[[], Any], str]:
    """What ``FILE.py:FUNCTION`` names, and the same with the file's full path.

    Raises:
        UsageError: No such file or function, or a fault in the file, with the line.
    """
    typed, _, name = (argument or "").rpartition(":")
    if not typed or not name.isidentifier():
        raise UsageError(
            f'Space "module" needs a file and a function in it, got "{argument or ""}"; write '
            "module:FILE.py:FUNCTION."
        )
    file = Path(typed).expanduser().absolute()
    if not file.is_file():
        raise UsageError(f'Space module:{argument}: there is no file "{file}"; check the path.')
    # named by content: another file, or another version of it, is another module
    digest = hashlib.sha256(str(file).encode() + file.read_bytes()).hexdigest()[:16]
    module = sys.modules.get(f"own_network_{digest}") or _imported(file, f"own_network_{digest}")
    found = getattr(module, name, None)
    if not callable(found):
        raise UsageError(
            f'Space module:{argument}: "{file}" defines no function "{name}"; define it, or name '
            "what it defines."
        )
    return found, f"{file}:{name}"


def _imported(file: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f'"{file}" is no Python file; its name must end with .py.')
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # classes defined there look themselves up
    sys.path.insert(0, str(file.parent))
    try:
        with explained(f"importing {file.name}"):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(str(file.parent))
    return module

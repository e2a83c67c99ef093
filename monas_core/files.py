"""Writing that is either complete or did not happen, and reading that says what is wrong.

Folders come from strangers too: ``inside`` gives no path that leads out of one.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import shlex
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from monas_core.errors import MonasError, UsageError

_DRAFT = ".draft"


@contextlib.contextmanager
def explained(path: Path, option: str = "--out-dir") -> Iterator[None]:
    """Turn a failing write (full disk, no permission) into one clear sentence.

    ``option`` names where the path was chosen.
    """
    try:
        yield
    except OSError as error:
        raise MonasError(
            f"Cannot write {path}: {error.strerror or error}; free space or choose another "
            f"{option}. What was saved before is intact."
        ) from error


def inside(root: Path, *names: str) -> Path:
    """A path below a folder that nobody vouches for: no way out of it, by name or by link.

    Raises:
        UsageError: A name that is more than a name, a link on the way, or something there
            that is neither file nor folder.
    """
    path = root
    for name in names:
        if not plain_name(name):
            raise UsageError(f'"{name}" is no name that a file in {root} may have.')
        path = path / name
        try:
            kind = os.lstat(path).st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UsageError(f"Cannot read {path}: {error.strerror}.") from error
        if stat.S_ISLNK(kind):
            raise UsageError(
                f"{path} is a link, and links in a run folder are not followed; replace it by "
                "a copy of what it points to, or remove it."
            )
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            raise UsageError(f"{path} is neither a file nor a folder; remove it.")
    return path


def plain_name(name: str) -> bool:
    """Whether a text may name a file in any folder of any system."""
    flavours = (PurePosixPath, PureWindowsPath)
    return (
        name not in ("", ".", "..")
        and name.isprintable()
        and len(name.encode("utf-8", "replace")) < 200
        and all(flavour(name).name == name for flavour in flavours)
    )


def write_text(path: Path, text: str) -> None:
    """Replace a text file in one step."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a file in one step: written beside it, synced, renamed."""
    with explained(path):
        draft = _draft(path)
        try:
            with draft.open("xb") as stream:  # the mode of the person's umask
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
            _sync_folder(path.parent)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A draft folder that takes its final name only when the block ends well and is on disk."""
    with explained(path), _drafted(path) as draft:
        yield draft
        _sync_tree(draft)
        if path.exists():
            former = _draft(path)
            path.replace(former)
            draft.replace(path)
            shutil.rmtree(former)
        else:
            draft.replace(path)
        _sync_folder(path.parent)


@contextlib.contextmanager
def atomic_group(path: Path, option: str) -> Iterator[Path]:
    """A draft folder whose content comes to lie where ``path`` does when the block ends well.

    For what consists of several files and folders; ``path`` itself comes last. Nothing
    with one of their names may be there. ``option`` is for the message of ``explained``.
    """
    with explained(path, option), _drafted(path) as draft:
        yield draft
        _sync_tree(draft)
        for entry in sorted(draft.iterdir(), key=lambda entry: entry.name == path.name):
            os.rename(entry, path.parent / entry.name)  # noqa: PTH104 - never over a folder
        _sync_folder(path.parent)


@contextlib.contextmanager
def _drafted(path: Path) -> Iterator[Path]:
    """A new folder beside a path, gone afterwards unless it was given another name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path)
    draft.mkdir()
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove the drafts that killed writes left in a folder."""
    for draft in folder.glob(f".*{_DRAFT}"):
        remove(draft)


def remove(path: Path) -> None:
    """Remove a file, a link (never what it points to) or a folder with its content."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path)


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{_DRAFT}")


def _sync_tree(folder: Path) -> None:
    """On disk, and with the modes of the person's umask: some libraries write for one alone."""
    mode = stat.S_IMODE(folder.stat().st_mode) & 0o666
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Names are on disk when their folder is; some systems cannot open folders."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def strict_json(document: Any, indent: int | None = None) -> str:
    """JSON that every reader takes: numbers that are not finite become ``null``."""
    separators = (",", ":") if indent is None else None
    try:
        return json.dumps(document, indent=indent, separators=separators, allow_nan=False)
    except ValueError:
        whole = finite(document)
        return json.dumps(whole, indent=indent, separators=separators, allow_nan=False)


def finite(value: Any) -> Any:
    """Plain values without the numbers that JSON has no words for."""
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _refused(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


_STRICT = json.JSONDecoder(parse_constant=_refused)
"""Made once: logs have a hundred thousand lines."""


def parse_json(text: str | bytes) -> Any:
    """A strict JSON document. Raises ValueError for anything else, however deep or long."""

    if not isinstance(text, str):
        text = text.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("it begins with a mark of byte order")
    try:
        return _STRICT.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_json(path: Path, what: str, remedy: str) -> Any:
    """A JSON document that a person points at.

    Raises:
        UsageError: It cannot be read (``what`` names its kind) or is no JSON (then ``remedy``
            says what to do).
    """
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"Cannot read {what} {path}: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(
            f"{what.capitalize()} {path} is no complete JSON document ({error}); {remedy}."
        ) from error


def command(words: str, *arguments: object) -> str:
    """A command to type, whatever its arguments hold: ready to be pasted into a shell."""
    return " ".join([words, *(shlex.quote(str(argument)) for argument in arguments)])

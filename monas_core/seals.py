"""Seals: the digest that a document of a run carries, and whose run it is.

A seal notices a changed byte, a cut, and a file of another run in its place. It proves that a
file is what was written, not who wrote it. Documents without one (of earlier versions) are taken
as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monas_core.errors import UsageError
from monas_core.files import inside, parse_json, strict_json, write_text

_SEAL = "seal"


def identity(run: Path) -> str:
    """What a run is known by in its files: the digest of its settings; empty without any."""
    try:
        return identity_of(inside(run, "config.yaml").read_bytes())
    except (OSError, UsageError):
        return ""


def identity_of(settings: bytes) -> str:
    """Of the text of ``config.yaml``, without where the run lies: twins have one identity."""
    kept = [line for line in settings.splitlines() if not line.startswith(b"out_dir:")]
    return hashlib.sha256(b"\n".join(kept)).hexdigest()[:16]


def sealed(document: Mapping[str, Any], whose: str = "") -> dict[str, Any]:
    """The document with its seal, as plain values that JSON has words for."""
    plain = parse_json(strict_json(document))
    return {**plain, _SEAL: {"of": whose, "sha256": _digest(plain, whose)}}


def unsealed(document: Any, whose: str = "") -> Any:
    """The document without its seal; what is no sealed document as it is.

    Args:
        document: What a file holds.
        whose: Whose it has to be, where that is known.

    Raises:
        ValueError: It is not what was written, or another run's.
    """
    if not isinstance(document, dict) or _SEAL not in document:
        return document
    plain = {key: value for key, value in document.items() if key != _SEAL}
    seal = document[_SEAL]
    of = seal.get("of") if isinstance(seal, dict) else None
    if not isinstance(of, str) or seal.get("sha256") != _digest(plain, of):
        raise ValueError("it is not what was written")
    if whose and of and of != whose:
        raise ValueError("it is of another run, or config.yaml was changed")
    return plain


def write(path: Path, document: Mapping[str, Any], whose: str = "", indent: int = 1) -> None:
    """Replace a document by a sealed one in one step."""
    write_text(path, strict_json(sealed(document, whose), indent=indent) + "\n")


def read(path: Path, whose: str = "") -> Any:
    """A document without its seal. Raises OSError or ValueError."""
    return unsealed(parse_json(path.read_text(encoding="utf-8")), whose)


def _digest(plain: Mapping[str, Any], whose: str) -> str:
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(f"{whose}\n{text}".encode()).hexdigest()

"""``env.json``: versions and machine that a run began with, and how those of now differ."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from monas_core import seals
from monas_core.errors import UsageError

FILE = "env.json"
_DIGEST = "sha256 of config.yaml"
_PACKAGES = ("monas", "torch", "numpy", "moocore", "safetensors")
_TOLD = ("started", _DIGEST)
"""What is no part of the surroundings themselves."""


def surroundings() -> dict[str, Any]:
    """What results may depend on beside the settings: versions, processor, threads."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": _threads(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _threads() -> int | None:
    """Of torch, where that is loaded: starting a program must not load it."""
    torch = sys.modules.get("torch")
    return torch.get_num_threads() if torch is not None else None


def begin(run: Path, digest: str) -> None:
    """Write them down for a run whose settings have this digest."""
    started = datetime.now().astimezone().isoformat(timespec="seconds")
    seals.write(run / FILE, {**surroundings(), "started": started, _DIGEST: digest}, indent=2)


def read(path: Path) -> dict[str, Any]:
    """What was written. Raises UsageError where it is missing or damaged."""
    try:
        document = seals.read(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is missing or damaged: {error}.") from error
    if not isinstance(document, dict):
        raise UsageError(f"{path} is damaged: it holds no table of versions.")
    return document


def settings_digest(path: Path) -> str | None:
    """Of the settings at the start; ``None`` where that is not known."""
    try:
        found = read(path).get(_DIGEST)
    except UsageError:
        return None
    return found if isinstance(found, str) else None


def differences(path: Path) -> list[str]:
    """What is not as it was when a run began, ``torch 2.9 (was 2.8)`` each; empty if unknown."""
    try:
        before = _flat(read(path))
    except UsageError:
        return []
    now = _flat(surroundings())
    return [
        f"{name} {now[name]} (was {value})"
        for name, value in before.items()
        if name in now and None not in (value, now[name]) and value != now[name]
    ]


def _flat(document: Mapping[str, Any]) -> dict[str, Any]:
    packages = document.get("packages")
    rest = {k: v for k, v in document.items() if k not in ("packages", *_TOLD)}
    return {**rest, **(packages if isinstance(packages, dict) else {})}

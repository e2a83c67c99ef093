"""Names that can be typed and filed, and strangers' values in messages."""

from __future__ import annotations

from typing import Any

NAME = r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}"
"""Of plugins, aliases and devices: typed by people, part of file names and comma lists."""


def shown(value: Any) -> str:
    """A stranger's value in a message, on one short line, whatever its ``repr`` does."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - a stranger's code may do anything
        return f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."

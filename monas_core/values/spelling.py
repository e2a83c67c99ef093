"""Names of scores as a person types them: blanks are hyphens, and case does not matter."""

from __future__ import annotations

from collections.abc import Iterable


def typed(name: str) -> str:
    """A name without blanks, as it can be typed: ``bits-per-byte``."""
    return "-".join(name.split())


def meant(text: str, names: Iterable[str]) -> list[str]:
    """Those of some names that a text may stand for.

    The one that is written just so; else all that differ in case and blanks only.
    """
    known = list(dict.fromkeys(names))
    exact = [name for name in known if text in (name, typed(name))]
    wanted = typed(text).casefold()
    return exact[:1] or [name for name in known if typed(name).casefold() == wanted]

"""Output in an encoding that lacks some signs: readable stand-ins instead of a traceback.

A redirected Windows console writes in cp1252, a bare container in ASCII. Whatever such a stream
can write stays; arrows, bars and frames become signs of ASCII, the rest a question mark.
"""

from __future__ import annotations

import codecs
import contextlib
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from monas_core.errors import Caution

_HANDLER = "monas-stand-ins"
_SIGNS = "↑↓●─│✔…"
_STAND_INS = {
    **dict.fromkeys("─━╸╺╌┄═▁▔", "-"),
    **dict.fromkeys("│┃║╎┆▏▕", "|"),
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝╞╡╪", "+"),
    **dict.fromkeys("●◆■█▇▆▅▄▃▂▉▊▋▌▍▎", "*"),
    **dict.fromkeys("○◇□◌▒░▓", "o"),
    **dict.fromkeys("✔✓", "+"),
    **dict.fromkeys("✘✗", "x"),
    **dict.fromkeys("×✕", "x"),
    **dict.fromkeys("·•∙", "."),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”", '"'),
    "↑": "^",
    "↓": "v",
    "←": "<",
    "→": ">",
    "−": "-",
    "–": "-",
    "—": "-",
    "±": "+-",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "…": "...",
    "²": "2",
    "³": "3",
    "µ": "u",
    "μ": "u",
    "★": "*",
    "▲": "A",
    "▼": "V",
    "▶": ">",
    "◀": "<",
    "⚠": "!",
}


def forgive() -> None:
    """Make standard output and error write stand-ins for what their encoding lacks."""
    codecs.register_error(_HANDLER, _stand_in)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and not writes(stream.encoding):
            reconfigure(errors=_HANDLER)


def writes(encoding: str | None) -> bool:
    """Whether an encoding has the signs that screens and tables use."""
    try:
        _SIGNS.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def draws(encoding: str | None) -> bool:
    """Whether an encoding has what the live screen is drawn with: dots and blocks."""
    try:
        "⠿▁█".encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    """What to write instead of the signs that could not be encoded."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_STAND_INS.get(sign, "?") for sign in lacking), error.end


@contextlib.contextmanager
def cautions() -> Iterator[None]:
    """Show what a person is to know of damaged files as notes on standard error, once each."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", Caution)
        usual, told = warnings.showwarning, set[str]()

        def show(message: Any, category: type[Warning], *rest: Any, **more: Any) -> None:
            if not issubclass(category, Caution):
                usual(message, category, *rest, **more)
            elif str(message) not in told:
                told.add(str(message))
                from monas_core.ui.text import printable

                sys.stderr.write(f"note: {printable(str(message))}\n")

        warnings.showwarning = show
        yield

"""Numbers, durations and architectures as short text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

ARROW = {"min": "↓", "max": "↑"}
"""Which way is better, by direction of an objective."""


def printable(text: str) -> str:
    """A text without anything that would steer a terminal; line ends stay.

    Names come from files and plugins of strangers, and a terminal obeys what it is sent.
    """
    if text.isprintable():
        return text
    kept = (c if c.isprintable() or c == "\n" else " " if c.isspace() else "\ufffd" for c in text)
    return "".join(kept)


def clock(seconds: float) -> str:
    """A duration as ``0:07``, ``12:34`` or ``1:02:03``."""
    if not math.isfinite(seconds) or seconds < 0:
        return "–:––"
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def spoken(seconds: float) -> str:
    """A duration with its units: ``8.2 s``, ``2 min 7 s``, ``1 h 2 min``."""
    if not math.isfinite(seconds) or seconds < 0:
        return "–"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left} min" if hours else f"{minutes} min {rest} s"


def number(value: float | None, digits: int = 4) -> str:
    """A number with about this many significant digits and no needless ones."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e6 or size < 1e-4:
        return _short_exponent(f"{value:.{max(0, digits - 2)}e}")
    places = max(0, digits - 1 - math.floor(math.log10(size)))
    return f"{value:.{min(places, 6)}f}"


def aligned(values: Sequence[float | None], digits: int = 4) -> list[str]:
    """Numbers of one column with the same decimals: the largest with about so many digits.

    Where they span more than three decades each is written on its own, as ``number`` does.
    """
    sizes = [abs(v) for v in values if v is not None and math.isfinite(v) and v != 0]
    if not sizes or max(sizes) >= 1e6 or min(sizes) < 1e-4 or max(sizes) > 1000 * min(sizes):
        return [number(value, digits) for value in values]
    largest, smallest = (math.floor(math.log10(size)) for size in (max(sizes), min(sizes)))
    places = min(6, max(0, digits - 1 - largest, digits - 2 - smallest))
    return [
        "–" if value is None or not math.isfinite(value) else f"{value:.{places}f}"
        for value in values
    ]


def count(value: float) -> str:
    """A count as ``987``, ``12.3k``, ``4.56M`` or ``1.2e21``."""
    size = abs(value)
    if size < 1000:
        return f"{value:g}" if float(value).is_integer() else f"{value:.3g}"
    for limit, divisor, suffix in ((1e6, 1e3, "k"), (1e9, 1e6, "M"), (1e12, 1e9, "G")):
        if size < limit * 0.9995:
            return f"{value / divisor:.3g}{suffix}"
    return _short_exponent(f"{value:.1e}")


def _short_exponent(text: str) -> str:
    """``1.2e+07`` as ``1.2e7``."""
    return text.replace("e+", "e").replace("e0", "e").replace("e-0", "e-")


def amount(done: float, total: float, unit: str) -> str:
    """Progress as ``37/200 steps`` or ``12/60 s``."""
    short = "s" if unit == "seconds" else unit
    if total <= 0:
        return f"{done:.0f} {short}" if done else "preparing"
    return f"{done // 1 if unit == 'architectures' else done:.0f}/{total:.0f} {short}"


def plain_fact(value: Any) -> str:
    """A fact of a run or plugin in one short piece of text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value) if abs(value) >= 100_000 else str(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plain_fact(item)}" for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(plain_fact(item) for item in value) or "none"
    return str(value)


def architecture(choices: Mapping[str, Any], *, compact: bool = False) -> str:
    """Answers in one line; numbered choices are gathered: ``width 192 · heads 4 4 8``."""
    groups: dict[str, list[Any]] = {}
    for name, option in choices.items():
        groups.setdefault(stem(name), []).append(option)
    between = "  " if compact else " · "
    return between.join(f"{stem} {_options(o, compact)}" for stem, o in groups.items())


def stem(name: str) -> str:
    """The name without its running number: ``layer3.heads`` and ``heads_3`` become ``heads``."""
    inner = re.sub(r"(?:^|(?<=[._/-]))[A-Za-z]*\d+[._/-]", "", name)
    return re.sub(r"[._/-]?\d+$", "", inner) or name


def _options(options: Sequence[Any], compact: bool) -> str:
    shown = [plain_fact(option) for option in options]
    if compact and all(len(option) == 1 for option in shown):
        return "·".join(shown)  # 4·4·4 is no 444
    runs = [(option, len(list(same))) for option, same in groupby(shown)]
    if len(shown) <= 4 or len(runs) * 2 > len(shown):
        return " ".join(shown)
    return " ".join(option if times == 1 else f"{times}×{option}" for option, times in runs)


def gathered(names: Sequence[str]) -> str:
    """Names in one line; those that differ in a running number alone are joined: ``head_0…3``."""
    numbers: dict[str, list[int]] = {}
    for name in names:
        stem = name.rstrip("0123456789")
        numbers.setdefault(stem, []).append(int(name[len(stem) :] or -1))
    parts: list[str] = []
    for stem, found in numbers.items():
        run = found == list(range(found[0], found[0] + len(found)))
        if run and len(found) > 1 and found[0] >= 0:
            parts.append(f"{stem}{found[0]}…{found[-1]}")
        else:
            parts += [stem if number < 0 else f"{stem}{number}" for number in found]
    return ", ".join(parts)


def fitting(parts: Iterable[str], between: str, width: int) -> str:
    """As many leading parts as fit."""
    text = ""
    for part in parts:
        longer = f"{text}{between}{part}" if text else part
        if len(longer) > width:
            break
        text = longer
    return text

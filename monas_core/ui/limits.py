"""The limits of a device as people read them, from events and front files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_SIGNS = {"max": "≤", "min": "≥", "equal": "="}


def limit_lines(limits: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each limit and who meets it: ``lat ≤ 0.4 ms: met by 12 of 30``.

    Args:
        limits: As events and front files hold them; parts that are missing are left out.
    """
    return [_line(limit) for limit in limits]


def _line(limit: Mapping[str, Any]) -> str:
    unit, met = str(limit.get("unit", "")), limit.get("met", 0)
    slack = f" ±{limit['tolerance']:.0%}" if limit.get("tolerance") else ""
    sign = _SIGNS.get(limit.get("kind", ""), "")
    said = f"{limit.get('objective', '')} {sign} {limit.get('bound', 0):.4g} {unit}".rstrip()
    text = f"{said}{slack}: met by {met or 'none'} of {limit.get('of', 0)}"
    if met or limit.get("nearest") is None:
        return text
    return f"{text}, the nearest has {limit['nearest']:.4g} {unit}".rstrip()

"""What devices and objectives must be and return; without torch, so that they are told of soon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from monas_core.catalog.answer import Answer, Check
from monas_core.catalog.expectations import (
    expect,
    expect_a,
    expect_attributes,
    expect_name,
    expect_plain,
)
from monas_core.errors import PluginError
from monas_core.parts.device import Device, DeviceProfile
from monas_core.parts.objective import Objective
from monas_core.parts.soundness import check_values, unit_of

Door = tuple[Mapping[str, Check], Callable[[Any, str], None]]
"""Methods with their checks, and the check of the part itself."""


def _device(part: Any, who: str) -> None:
    expect_a(part, Device, who)
    expect_attributes(part, who, {"profile": DeviceProfile, "metrics": (frozenset, set)})


def _costs(answer: Answer) -> Any:
    metric, asked = answer.arguments[0], answer.arguments[1]
    check_values(f"{answer.who} {metric},", asked, answer.found, unit_of(metric))
    return answer.found


def _objective(part: Any, who: str) -> None:
    expect_a(part, Objective, who)
    expect_attributes(part, who, {"name": str, "short": str, "unit": str, "direction": str})
    for word in part.short.split(":", maxsplit=1):  # NAME:ARGUMENT
        expect_name(word, who, "the short name")
    if part.direction not in ("min", "max"):
        raise PluginError(f'{who} has direction {part.direction!r}; it must be "min" or "max".')


def _values(answer: Answer) -> Any:
    check_values(
        answer.who, answer.arguments[0], answer.found, answer.part.unit, diverged=answer.part.query
    )
    return answer.found


def _expected_values(answer: Answer) -> Any:
    shape = (len(answer.arguments[1]), len(answer.arguments[0]))
    good = tuple(getattr(answer.found, "shape", ())) == shape
    expect(good, answer.who, answer.found, f"a tensor of shape {shape}: devices by architectures")
    return answer.found


def state(answer: Answer) -> Any:
    """What a checkpoint can hold."""
    expect(
        isinstance(answer.found, Mapping),
        answer.who,
        answer.found,
        "a dict of plain values and tensors",
    )
    expect_plain(answer.who, answer.found, "state")
    return answer.found


COSTS: Mapping[str, Door] = {
    "objective": (
        {"evaluate": _values, "estimate": _values, "relaxed": _expected_values}, _objective),
    "device": ({"cost": _costs, "estimate": _costs, "state_dict": state}, _device),
}  # fmt: skip
"""By kind of part."""

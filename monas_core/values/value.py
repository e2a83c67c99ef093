"""Measured or computed numbers, always with unit and origin."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, Literal

import attrs

from monas_core.values.architecture import Architecture

Origin = Literal["measured", "tabulated", "predicted", "modelled"]
"""Where a number comes from: a measurement made here, a published table, a
predictor fitted to measurements, or a formula over datasheet figures. Exact
counts (parameters, FLOPs) are "modelled" too: nothing was run to get them."""

PRECISIONS: Mapping[str, int] = {"fp32": 4, "fp16": 2, "bf16": 2, "int8": 1}
"""Number formats that networks run in on a device, each with its bytes per number."""

Direction = Literal["min", "max"]
"""Whether less or more of an objective is better."""
Split = Literal["search", "final"]
"""Data that steers the search, or data no search step has seen."""


def number(value: Any) -> float:
    """A plain float from any real number: Python's, numpy's, or a tensor of one element.

    Raises:
        TypeError: It is none.
    """
    if type(value) is float:
        return value
    item = getattr(value, "item", None)  # numpy scalars and tensors of one element
    try:
        plain = item() if callable(item) else value
    except (ValueError, RuntimeError):  # of several elements
        plain = value
    if isinstance(plain, bool) or not isinstance(plain, Real):
        raise TypeError(
            f"a value must be one real number, got {type(value).__name__} {value!r:.40}"
        )
    return float(plain)


def _spread(value: Any) -> float | None:
    return None if value is None else number(value)


def _plain(numbers: Mapping[str, Any]) -> Mapping[str, float]:
    return {name: number(value) for name, value in numbers.items()} if numbers else {}


@attrs.frozen
class Value:
    """One number for one objective.

    Attributes:
        value: In the unit and direction of its objective; any real number, kept as a float.
        unit: Unit, as the objective declares it.
        origin: How the number was obtained.
        spread: Interquartile range of repeated measurements, if measured.
        extra: Companion figures of the same measurement (e.g. perplexity).
    """

    value: float = attrs.field(converter=number)
    unit: str
    origin: Origin
    spread: float | None = attrs.field(default=None, converter=_spread)
    extra: Mapping[str, float] = attrs.field(factory=dict, converter=_plain, eq=False)

    def to_json(self) -> dict[str, Any]:
        """Without empty fields."""
        document: dict[str, Any] = {"value": self.value, "unit": self.unit, "origin": self.origin}
        if self.spread is not None:
            document["spread"] = self.spread
        if self.extra:
            document["extra"] = dict(self.extra)
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Value:
        """Inverse of ``to_json``."""
        return cls(**document)


@attrs.frozen
class Evaluation:
    """The objective values of one architecture on one device.

    Attributes:
        architecture: What was evaluated.
        device: Name of the hardware target.
        values: By short name of objective.
        split: Which data the quality was evaluated on.
        seconds: Time spent to obtain the values (0 when they were known).
    """

    architecture: Architecture
    device: str
    values: Mapping[str, Value] = attrs.field(eq=False)
    split: Split
    seconds: float = 0.0

    def changed(self, numbers: Mapping[str, float]) -> Evaluation:
        """The same with other numbers for some objectives, by short name."""
        values = {
            name: attrs.evolve(value, value=numbers.get(name, value.value))
            for name, value in self.values.items()
        }
        return attrs.evolve(self, values=values)

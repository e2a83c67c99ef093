"""Objectives of problems on published measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.device_cost import DeviceCost
from monas_core.parts.objective import Objective
from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value
from monas_tables.values import Source


class TableQuality(Objective):
    """A quality read from one source per split.

    Args:
        sources: Values on the data a search may see, and on those of the verdict.
    """

    query: ClassVar[bool] = True

    def __init__(self, sources: Mapping[Split, Source]) -> None:
        self.sources = dict(sources)

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on all
        context: Context,  # noqa: ARG002 - the source knows its space
        split: Split = "search",
    ) -> list[Value]:
        """What the source of the split says. Raises Unavailable where it says nothing."""
        return self.sources[split](architectures)


class Accuracy(TableQuality):
    """Top-1 accuracy, percent."""

    name: ClassVar[str] = "accuracy"
    short: ClassVar[str] = "acc"
    unit: str = "%"
    direction: Direction = "max"


class Perplexity(TableQuality):
    """Perplexity of a language model, 1."""

    name: ClassVar[str] = "perplexity"
    short: ClassVar[str] = "ppl"
    unit: str = "1"
    direction: Direction = "min"


class Latency(DeviceCost):
    """Time of one inference of the published batch, ms."""

    name: ClassVar[str] = "latency"
    short: ClassVar[str] = "lat"
    unit: str = "ms"
    metric: ClassVar[str] = "latency_ms"


class Energy(DeviceCost):
    """Energy of one inference of the published batch, mJ."""

    name: ClassVar[str] = "energy"
    short: ClassVar[str] = "energy"
    unit: str = "mJ"
    metric: ClassVar[str] = "energy_mj"

"""A search problem on published measurements, on which optimizers can be compared."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.values.front import Points, Scale


class Benchmark(ABC):
    """Space, objectives and devices read from files, and the rule of the verdict.

    Objectives answer from tables or from surrogates fitted to them: with ``split="search"``
    what a search may see (validation accuracy), with ``split="final"`` what the verdict
    uses (test accuracy). Numbers of rows and devices come from the files alone.

    Attributes:
        name: As given on the command line.
        space: What is searched; ``space.available`` tells which rows the files hold, and
            ``space.references`` are the architectures that describe a device.
        objectives: Queried ones first; the order of all points.
        devices: Every device in the files, by name.
        search_devices: Names of the devices searched for by default.
        held_out: Names of the devices kept out of the search by default.
        reference_search: Name of an optimizer whose long run stands in for a front that
            cannot be enumerated; ``None`` where ``true_front`` gives one.
    """

    name: ClassVar[str]
    reference_search: ClassVar[str | None] = None
    space: SearchSpace
    objectives: tuple[Objective, ...]
    devices: Mapping[str, Device]
    search_devices: tuple[str, ...]
    held_out: tuple[str, ...]

    @abstractmethod
    def __init__(self, data: Path) -> None:
        """Read and check the files in a folder.

        Raises:
            UsageError: A file or column is missing, or has another type or unit; the
                message names it and what is expected.
        """

    @abstractmethod
    def scale(self, device: Device) -> Scale:
        """The fixed normalisation of minimised values on a device; the reference point is 1."""

    def true_front(self, device: Device) -> Points | None:  # noqa: ARG002 - for those who can
        """Minimised final values of the best possible front, ``(n, M)``, unscaled; or None."""
        return None

    def facts(self) -> Mapping[str, Any]:
        """What a reader of the verdict must know: sizes, sources, errors of surrogates."""
        return {}

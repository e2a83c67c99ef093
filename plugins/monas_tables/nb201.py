"""NAS-Bench-201: every value is a published measurement, and every front is exact.

Dong & Yang, ICLR 2020 (cells and accuracies); Lee et al., HELP, NeurIPS 2021 (latencies);
Li et al., HW-NAS-Bench, ICLR 2021 (energies).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from monas_core.errors import Unavailable, UsageError
from monas_core.parts.device import Device
from monas_core.problem.benchmark import Benchmark
from monas_core.values import cell, population
from monas_core.values.architecture import Architecture, Choice
from monas_core.values.choices import ChoiceSet
from monas_core.values.front import Points, Scale, non_dominated
from monas_core.values.relaxation import Relaxation
from monas_tables import roster
from monas_tables.device import TableDevice
from monas_tables.nb201_files import ACCURACIES, EDGES, ENDS, LATENCIES, OPTIONS, Cells
from monas_tables.objectives import Accuracy, Latency
from monas_tables.parquet import ABSENT, Flags, Integers, Numbers
from monas_tables.space import TableSpace
from monas_tables.values import Column

REFERENCES = (11982, 431, 55, 9, 14451, 8636, 9881, 13479, 6196, 1462)
"""The indices HELP describes every device by."""

CHANCE = 10.0
"""Percent that guessing one of ten classes gives: such cells have learnt nothing."""

SEARCH = tuple(
    "1080ti_1 1080ti_32 1080ti_256 silver_4114 silver_4210r samsung_a50 pixel3 essential_ph_1 "
    "samsung_s7 titanx_1 titanx_32 titanx_256 gold_6240".split()
)
HELD_OUT = tuple(
    "titan_rtx_256 gold_6226 fpga pixel2 raspi4 eyeriss 2080ti_1 2080ti_256 titanxp_32 2080ti_32 "
    "titanxp_256 titanxp_1".split()
)


class CellSpace(TableSpace):
    """Six edges with five operations each, 15,625 cells.

    Args:
        options: Operations of an edge.
        cells: What the files hold; without them nothing is left out.
    """

    name: ClassVar[str] = "nb201"

    def __init__(self, options: Sequence[str] = OPTIONS, cells: Cells | None = None) -> None:
        super().__init__(ChoiceSet("nb201", 1, tuple(Choice(edge, options) for edge in EDGES)))
        self._operations = tuple(options)
        self._base = len(options) ** np.arange(len(EDGES) - 1, -1, -1)
        self._places: Integers | None = None
        self._usable = torch.ones(0, dtype=torch.bool)
        if cells is not None:
            places = np.full(len(options) ** len(EDGES), ABSENT, dtype=np.int64)
            places[cells.codes @ self._base] = np.arange(len(cells.codes))
            self._places = places
            self._references = [cells.codes[cells.row_of(index)].tolist() for index in REFERENCES]

    @classmethod
    def tiny(cls) -> CellSpace:
        """Two operations per edge: 64 cells."""
        return cls(("skip_connect", "nor_conv_3x3"))

    def references(self) -> list[Architecture]:
        """HELP's ten cells; without files, the default set."""
        if self._places is None:
            return super().references()
        return population.decode(self.choices, torch.tensor(self._references))

    def describe(self, relaxation: Relaxation) -> Tensor:
        """What the cell computes: operations on live edges and kinds of paths."""
        return cell.describe(relaxation.weights, ENDS, self._operations)

    def locate(self, architectures: Sequence[Architecture]) -> Integers:
        """Rows of the table ``(n,)``, ``ABSENT`` where there is none."""
        return self._at(self.rows(architectures))

    def use(self, rows: Flags) -> None:
        """Say which rows of the table are complete, ``(n,)`` bool."""
        self._usable = torch.tensor(np.append(rows, False))

    def available(self, rows: Tensor) -> Tensor:
        """Whether the tables hold all values of a cell, ``(n,)`` bool."""
        if self._places is None:
            return super().available(rows)
        # the row that ABSENT points at is the last one, which is never usable
        return self._usable[torch.from_numpy(self._at(rows.numpy()))]

    def _at(self, rows: Integers) -> Integers:
        assert self._places is not None, "a space without files has no table"
        return self._places[rows @ self._base]


class NB201(Benchmark):
    """CIFAR-10 accuracy against latency on every device of the files.

    A search sees validation accuracy; the verdict uses test accuracy.
    """

    name: ClassVar[str] = "nb201"

    def __init__(self, data: Path) -> None:
        cells = Cells.read(data)
        space = CellSpace(cells=cells)
        self.space, self._locate = space, space.locate
        self.devices: Mapping[str, Device] = {
            name: self._device(name, metrics) for name, metrics in cells.costs.items()
        }
        self.search_devices, self.held_out = roster.split(
            list(cells.costs), SEARCH, HELD_OUT, most=6
        )
        self.objectives = (
            Accuracy(
                {
                    "search": self._column("validation accuracy", "%", cells.valid),
                    "final": self._column("test accuracy", "%", cells.test),
                }
            ),
            Latency(),
        )
        usable = self._complete(cells)
        space.use(usable)
        self._cells, self._usable = cells, usable

    def _complete(self, cells: Cells) -> Flags:
        """Rows with both accuracies and a latency on every default device, ``(n,)``.

        Raises:
            UsageError: A cell that describes devices is not among them.
        """
        usable = np.isfinite(cells.valid) & np.isfinite(cells.test)
        for name in (*self.search_devices, *self.held_out):
            usable &= np.isfinite(cells.costs[name]["latency_ms"])
        for index in REFERENCES:
            if not usable[cells.row_of(index)]:
                raise UsageError(
                    f"The tables of {cells.path.parent} lack an accuracy of nb201_index {index} "
                    "or its latency on a default device, but it is one of the ten cells that "
                    "describe a device; use the published files."
                )
        return usable

    def _column(self, what: str, unit: str, numbers: Numbers) -> Column:
        return Column(what, unit, numbers=numbers, locate=self._locate)

    def _device(self, name: str, metrics: Mapping[str, Numbers]) -> TableDevice:
        units = {"latency_ms": "ms", "energy_mj": "mJ"}
        sources = {
            metric: self._column(f'{metric} on device "{name}"', units[metric], numbers)
            for metric, numbers in metrics.items()
        }
        source = "HELP" if "energy_mj" not in metrics else "HW-NAS-Bench"
        return TableDevice(roster.profile(name, source, "tabulated"), sources)

    def scale(self, device: Device) -> Scale:
        """Least and largest value of the cells that have learnt anything."""
        points = self._points(device)
        points = points[-points[:, 0] > CHANCE]
        if not len(points):
            raise Unavailable(
                f'No cell of the tables has a latency on device "{device.name}" and a test '
                f"accuracy above {CHANCE:g} %; nothing can be scaled."
            )
        return Scale(points.min(axis=0).tolist(), points.max(axis=0).tolist(), reference=1.0)

    def true_front(self, device: Device) -> Points:
        """The exact front of test accuracy and latency over all cells of the files."""
        points = self._points(device)
        return points[non_dominated(points)]

    def facts(self) -> Mapping[str, Any]:
        """Numbers of cells and devices, and who measured them."""
        return {
            "rows": int(self._usable.sum()),
            "devices": len(self.devices),
            "search split": "CIFAR-10 validation accuracy, half of the training data",
            "final split": "CIFAR-10 test accuracy, mean over seeds",
            "sources": f"NATS-Bench ({ACCURACIES}), HELP ({LATENCIES}), HW-NAS-Bench (energy)",
            "scale": f"min-max of final values over cells above {CHANCE:g} % accuracy",
        }

    def _points(self, device: Device) -> Points:
        """Minimised final values of all cells that have them on a device, ``(n, 2)``."""
        latency = self._cells.costs[device.name]["latency_ms"]
        points = np.stack([-self._cells.test, latency], axis=1)
        return points[self._usable & np.isfinite(latency)]

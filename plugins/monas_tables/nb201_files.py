"""The files of NAS-Bench-201, joined by the official index."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs
import numpy as np

from monas_core.errors import UsageError
from monas_tables import roster
from monas_tables.parquet import (
    ABSENT,
    Integers,
    Numbers,
    Parquet,
    check_distinct,
    check_magnitude,
    positions,
)

ACCURACIES = "nb201_accuracy.parquet"
LATENCIES = "nb201_latency_help27.parquet"
ENERGIES = "nb201_hwnasbench.parquet"

INDEX = "nb201_index"
ENDS = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""Source and target of each edge of a cell."""
EDGES = tuple(f"op_{source}_{target}" for source, target in ENDS)
OPTIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""Operations in the order of their codes."""
VALID, TEST = "c10_valid_acc", "c10_test_acc"

ALIKE = 1e-3
"""Relative difference up to which two columns are the same measurement."""


@attrs.frozen(eq=False)
class Cells:
    """All rows of the accuracy file, with the costs of the others beside them.

    Attributes:
        index: Official index ``(n,)``.
        codes: Operation of each edge ``(n, 6)``.
        valid: Validation accuracy ``(n,)``, percent.
        test: Test accuracy ``(n,)``, percent.
        costs: By device and metric, ``(n,)``, NaN where there is no positive number.
        path: The accuracy file, for messages.
    """

    index: Integers
    codes: Integers
    valid: Numbers
    test: Numbers
    costs: Mapping[str, Mapping[str, Numbers]]
    path: Path

    @classmethod
    def read(cls, folder: Path) -> Cells:
        """Read and check the files of a folder; that with energies may be missing."""
        file = Parquet(folder, ACCURACIES)
        columns = file.read(
            {INDEX: "integer", **dict.fromkeys(EDGES, "integer"), VALID: "number", TEST: "number"}
        )
        check_distinct(file.path, INDEX, columns[INDEX])
        for name in (VALID, TEST):
            check_magnitude(file.path, name, columns[name], 1.5, 100.0)
        codes = np.stack([columns[edge] for edge in EDGES], axis=1)
        if codes.min() < 0 or codes.max() >= len(OPTIONS):
            raise UsageError(
                f"{file.path} has an operation code {codes.min()}..{codes.max()}; allowed are "
                f"0..{len(OPTIONS) - 1} ({', '.join(OPTIONS)})."
            )
        costs = _latencies(folder, columns[INDEX])
        _add_energies(folder, columns[INDEX], costs)
        return cls(columns[INDEX], codes, columns[VALID], columns[TEST], costs, file.path)

    def row_of(self, index: int) -> int:
        """The row of an official index. Raises UsageError where the files lack it."""
        place = int(positions(self.index, np.array([index]))[0])
        if place == ABSENT:
            raise UsageError(
                f"{self.path} lacks {INDEX} {index}, one of the ten cells that describe a "
                "device; use the published file."
            )
        return place


def _latencies(folder: Path, index: Integers) -> dict[str, dict[str, Numbers]]:
    """Every column of floating-point numbers is a device."""
    file = Parquet(folder, LATENCIES)
    names = [name for name in file.names() if name not in (INDEX, "arch_str")]
    devices = roster.device_columns(file, names)
    columns = _joined(file, devices, index)
    return {name: {"latency_ms": numbers} for name, numbers in columns.items()}


def _add_energies(folder: Path, index: Integers, costs: dict[str, dict[str, Numbers]]) -> None:
    """Add the devices that have latency and energy; a known name must mean the same device."""
    if not (folder / ENERGIES).exists():
        return
    file = Parquet(folder, ENERGIES)
    ends = ("__latency_ms", "__energy_mj")
    names = {name.split("__")[1] for name in file.names() if name.startswith("c10__")}
    for name in sorted(names):
        pair = [f"c10__{name}{end}" for end in ends]
        if not set(pair) <= set(file.names()):
            continue
        columns = _joined(file, pair, index)
        latency, energy = (columns[column] for column in pair)
        known = costs.setdefault(name, {"latency_ms": latency})["latency_ms"]
        both = np.isfinite(known) & np.isfinite(latency)
        if both.any() and np.allclose(known[both], latency[both], rtol=ALIKE, atol=0.0):
            costs[name]["energy_mj"] = energy


def _joined(file: Parquet, names: list[str], index: Integers) -> dict[str, Numbers]:
    """Costs in the order of some indices; NaN where the file has no positive number."""
    columns = file.read({INDEX: "integer", **dict.fromkeys(names, "number")})
    check_distinct(file.path, INDEX, columns[INDEX])
    places = positions(columns[INDEX], index)
    found: dict[str, Numbers] = {}
    for name in names:
        numbers = np.where(np.isfinite(columns[name]) & (columns[name] > 0), columns[name], np.nan)
        check_magnitude(file.path, name, numbers, 1e-3, 1e6)
        found[name] = np.where(places == ABSENT, np.nan, numbers[places])
    return found

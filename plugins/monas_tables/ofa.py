"""Once-for-All MobileNetV3 (width 1.0): published predictor, latencies fitted to HELP's.

Cai et al., Once-for-All, ICLR 2020 (space and accuracy predictor); Lee et al., HELP,
NeurIPS 2021 (latencies).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np

from monas_core.errors import UsageError
from monas_core.values.architecture import Choice, Condition
from monas_core.values.choices import ChoiceSet
from monas_tables import roster
from monas_tables.fitted import FittedProblem, Measured
from monas_tables.mlp import Perceptron
from monas_tables.objectives import Accuracy, Latency
from monas_tables.parquet import Flags, Integers, Numbers, Parquet, check_magnitude, check_options
from monas_tables.space import TableSpace

FILE = "ofa_mbv3_latency_help12.parquet"
PREDICTOR = "ofa_mbv3_acc_predictor.safetensors"

UNITS, BLOCKS = 5, 4
DEPTHS, KERNELS, EXPANSIONS = (2, 3, 4), (3, 5, 7), (3, 4, 6)
RESOLUTIONS = (160, 176, 192, 208, 224)
"""The predictor was made for 160 to 224 and tells resolutions apart in steps of 16 pixels, so
that each of these has an input of its own; the tables go down to 128, where it extrapolates."""
MEASURED = tuple(range(128, 225, 4))
SLOTS, FIRST_SLOT, STEP = 8, 112, 16
"""Resolution inputs of the predictor: slot ``(r - 112) // 16``."""

SEARCH = tuple(
    "2080ti_1 2080ti_32 2080ti_64 titan_xp_1 titan_xp_32 titan_xp_64 titan_rtx_1 titan_rtx_32 "
    "v100_1 v100_32".split()
)
HELD_OUT = ("titan_rtx_64", "v100_64")


class OFASpace(TableSpace):
    """Depth of each unit, kernel and expansion of each block, resolution.

    Args:
        units: Number of units.
    """

    name: ClassVar[str] = "ofa"

    def __init__(self, units: int = UNITS) -> None:
        choices = [Choice("resolution", RESOLUTIONS, ordered=True)]
        for unit in range(1, units + 1):
            choices.append(Choice(f"depth_{unit}", DEPTHS, ordered=True))
            for block in range(1, BLOCKS + 1):
                deeper = tuple(depth for depth in DEPTHS if depth >= block)
                condition = None if deeper == DEPTHS else Condition(f"depth_{unit}", deeper)
                for name, options in (("kernel", KERNELS), ("expansion", EXPANSIONS)):
                    choices.append(
                        Choice(
                            f"{name}_{unit}_{block}",
                            options,
                            condition=condition,
                            ordered=True,
                            group=f"unit {unit}",
                        )
                    )
        super().__init__(ChoiceSet(self.name, 1, choices))

    @classmethod
    def tiny(cls) -> OFASpace:
        """No unit at all: five resolutions."""
        return cls(units=0)


@attrs.frozen(eq=False)
class Blocks:
    """Networks as plain numbers.

    Attributes:
        kernel: Option index of each block ``(n, 20)``.
        expansion: Option index of each block ``(n, 20)``.
        exists: Which blocks the depths reach, ``(n, 20)`` bool.
        resolution: Pixels ``(n,)``.
    """

    kernel: Integers
    expansion: Integers
    exists: Flags
    resolution: Integers

    @classmethod
    def of_rows(cls, rows: Integers) -> Blocks:
        """From option indices ``(n, C)`` of ``OFASpace``."""
        units = rows[:, 1:].reshape(len(rows), UNITS, 1 + 2 * BLOCKS)
        depth = np.array(DEPTHS)[units[:, :, 0]]
        return cls(
            kernel=units[:, :, 1::2].reshape(len(rows), -1),
            expansion=units[:, :, 2::2].reshape(len(rows), -1),
            exists=_exists(depth),
            resolution=np.array(RESOLUTIONS)[rows[:, 0]],
        )

    def predictor_inputs(self) -> Numbers:
        """In the order of the published predictor, ``(n, 128)``."""
        count = len(self.resolution)
        exists = self.exists[:, :, None]
        kernel = (np.eye(len(KERNELS))[self.kernel] * exists).reshape(count, -1)
        expansion = (np.eye(len(EXPANSIONS))[self.expansion] * exists).reshape(count, -1)
        slot = np.eye(SLOTS)[(self.resolution - FIRST_SLOT) // STEP]
        return np.concatenate([kernel, expansion, slot], axis=1)

    def features(self) -> Numbers:
        """Every kind of block in every place, times powers of the resolution, ``(n, F)``.

        The number of pixels decides most of a block's cost, its launches and the steps of
        a GPU's tiles the rest: hence all powers up to two, and one feature per resolution.
        """
        count = len(self.resolution)
        kinds = np.eye(len(EXPANSIONS) * len(KERNELS))
        blocks = kinds[len(KERNELS) * self.expansion + self.kernel] * self.exists[:, :, None]
        parts = np.concatenate([np.ones((count, 1)), blocks.reshape(count, -1)], axis=1)
        side = self.resolution / max(MEASURED)
        powers = np.stack([np.ones(count), side, side**2], axis=1)
        steps = self.resolution[:, None] == np.array(MEASURED)
        crossed = (powers[:, :, None] * parts[:, None, :]).reshape(count, -1)
        return np.concatenate([crossed, steps], axis=1)


class OFA(FittedProblem):
    """ImageNet accuracy against latency on every device of the files."""

    name: ClassVar[str] = "ofa"

    def __init__(self, data: Path) -> None:
        blocks = UNITS * BLOCKS
        inputs = blocks * (len(KERNELS) + len(EXPANSIONS)) + SLOTS
        predictor = Perceptron(data, PREDICTOR, layers=("0", "2", "4", "6"), inputs=inputs)
        self._assemble(
            OFASpace(),
            _read(data),
            quality=lambda rows: 100.0 * predictor(Blocks.of_rows(rows).predictor_inputs()),
            features=lambda rows: Blocks.of_rows(rows).features(),
            profile=lambda name: ("fp32", None),  # noqa: ARG005 - all alike, batch in the name
        )
        self.search_devices, self.held_out = roster.split(
            list(self.devices), SEARCH, HELD_OUT, most=2
        )
        self.objectives = (self._qualities(Accuracy), Latency())

    def facts(self) -> Mapping[str, Any]:
        """What every fitted problem tells, and what the predictor is worth."""
        return {
            **super().facts(),
            "accuracy": "predictor of the Once-for-All tutorial, on both splits; about 5.9 points "
            "above real ImageNet top-1, good for ranking only",
            "resolutions": f"{RESOLUTIONS[0]} to {RESOLUTIONS[-1]} in steps of {STEP}, which the "
            "predictor was made for and tells apart",
        }


def _read(folder: Path) -> Measured:
    """The measured rows; columns of numbers that are no prediction are devices."""
    file = Parquet(folder, FILE)
    names = [name for name in file.names() if not name.startswith("pred_")]
    devices = roster.device_columns(file, names)
    columns = file.read(
        {"ks": "list", "e": "list", "d": "list", "r": "integer", **dict.fromkeys(devices, "number")}
    )
    costs: dict[str, dict[str, Numbers]] = {}
    for name in devices:
        numbers = np.where(columns[name] > 0, columns[name], np.nan)
        numbers[~np.isfinite(numbers)] = np.nan
        check_magnitude(file.path, name, numbers, 1e-3, 1e6)
        costs[name] = {"latency_ms": numbers}
    check_options(file.path, "r", columns["r"], MEASURED)
    blocks = Blocks(
        kernel=_option(file, "ks", columns["ks"], UNITS * BLOCKS, KERNELS),
        expansion=_option(file, "e", columns["e"], UNITS * BLOCKS, EXPANSIONS),
        exists=_exists(2 + _option(file, "d", columns["d"], UNITS, DEPTHS)),
        resolution=columns["r"],
    )
    return Measured(FILE, blocks.features(), costs, columns["r"], "resolution")


def _option(
    file: Parquet, name: str, values: Integers, length: int, options: Sequence[int]
) -> Integers:
    """Option indices of a column of lists ``(n, length)``."""
    if values.shape[1] != length:
        raise UsageError(
            f'Column "{name}" of {file.path} must list {length} entries, not {values.shape[1]}; '
            "use the published file."
        )
    return check_options(file.path, name, values, options)


def _exists(depth: Integers) -> Flags:
    """Blocks that depths ``(n, 5)`` reach, ``(n, 20)`` bool."""
    reached = np.arange(BLOCKS) < depth[:, :, None]  # (n, units, blocks)
    return reached.reshape(len(depth), -1)

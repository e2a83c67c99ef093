"""GPT-2 style language models: surrogates on the measurements of HW-GPT-Bench.

Sukthanker et al., NeurIPS 2024 (datasets and benchmarks), arXiv 2405.10299.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from monas_core.errors import UsageError
from monas_tables import roster
from monas_tables.fitted import FittedProblem, Measured
from monas_tables.gpt_space import GPTTableSpace, Layers, MediumSpace, Sizes, SmallSpace
from monas_tables.mlp import Perceptron
from monas_tables.objectives import Energy, Latency, Perplexity
from monas_tables.parquet import Integers, Numbers, Parquet, check_magnitude, check_options

LATENCY, ENERGY = "lat_ms_", "energy_wh_"
MJ_PER_WH = 3.6e6

SEARCH = ("p100", "a6000", "rtx2080", "rtx3080", "cpu_xeon_silver", "cpu_amd_7502")
HELD_OUT = tuple("a100 a40 cpu_amd_7513 h100 v100 cpu_xeon_gold cpu_amd_7452".split())

_BF16, _FP16 = ("a100", "a40", "a6000", "h100"), ("rtx2080", "rtx3080", "p100", "v100")


class GPTProblem(FittedProblem):
    """Perplexity, latency and energy of one scale.

    Attributes:
        kind: Of the space: the scale.
    """

    kind: ClassVar[type[GPTTableSpace]]

    def __init__(self, data: Path) -> None:
        sizes = self.kind.published
        layers = 3 * 2 * max(sizes.n_layer)
        surrogate = Perceptron(
            data,
            f"{sizes.file}_ppl_surrogate.safetensors",
            layers=[f"fc{number}" for number in range(1, 6)],
            inputs=len(sizes.embed_dim) + len(sizes.n_layer) + layers + 2,
        )
        self._assemble(
            self.kind(),
            _read(data, sizes),
            quality=lambda rows: surrogate(Layers.of_rows(rows, sizes).surrogate_inputs()),
            features=lambda rows: Layers.of_rows(rows, sizes).features(),
            profile=lambda name: (_precision(name), sizes.batch),
        )
        complete = [name for name, d in self.devices.items() if len(d.metrics) == 2]
        if not complete:
            raise UsageError(
                f"{self._measured.file} has no device with both {LATENCY}* and {ENERGY}* columns; "
                "use the published file."
            )
        self.search_devices, self.held_out = roster.split(complete, SEARCH, HELD_OUT, most=4)
        self.objectives = (self._qualities(Perplexity), Latency(), Energy())

    def facts(self) -> Mapping[str, Any]:
        """What every fitted problem tells, and whose surrogate gives the perplexity."""
        return {
            **super().facts(),
            "perplexity": "surrogate of HW-GPT-Bench (OpenWebText, inherited weights), on both "
            "splits",
            "batches": f"latency {self.kind.published.batch}, energy 8, sequences of 1024 tokens",
        }


class GPTSmall(GPTProblem):
    """Scale S: 10 to 12 layers."""

    name: ClassVar[str] = "gpt-s"
    kind: ClassVar[type[GPTTableSpace]] = SmallSpace


class GPTMedium(GPTProblem):
    """Scale M: 22 to 24 layers."""

    name: ClassVar[str] = "gpt-m"
    kind: ClassVar[type[GPTTableSpace]] = MediumSpace


def _read(folder: Path, sizes: Sizes) -> Measured:
    """The measured rows of one scale. Columns ``lat_ms_NAME`` and ``energy_wh_NAME`` are devices.

    Energies become mJ. Batches differ: see ``Sizes`` for latency; energy is for 8 sequences.
    """
    file = Parquet(folder, f"{sizes.file}.parquet")
    starts = {"latency_ms": LATENCY, "energy_mj": ENERGY}
    factors = {"latency_ms": 1.0, "energy_mj": MJ_PER_WH}
    limits = {"latency_ms": (1e-3, 1e6), "energy_mj": (1e-3, 1e9)}
    costs: dict[str, dict[str, Numbers]] = {}
    for metric, start in starts.items():
        names = [name for name in file.names() if name.startswith(start)]
        for name, numbers in file.read(dict.fromkeys(names, "number")).items():
            positive = np.where(np.isfinite(numbers) & (numbers > 0), numbers, np.nan)
            positive = positive * factors[metric]
            check_magnitude(file.path, name, positive, *limits[metric])
            costs.setdefault(name.removeprefix(start), {})[metric] = positive
    if not costs:
        raise UsageError(f"{file.path} has no column {LATENCY}*; use the published file.")
    columns = file.read(
        {
            "embed_dim": "integer",
            "n_layer": "integer",
            "n_head": "list",
            "mlp_ratio": "list",
            "bias": "flag",
        }
    )
    rows = _rows(file, columns, sizes)
    features = Layers.of_rows(rows, sizes).features()
    return Measured(file.path.name, features, costs, columns["embed_dim"], "embed_dim")


def _rows(file: Parquet, columns: Mapping[str, Any], sizes: Sizes) -> Integers:
    """The networks of a table as option indices ``(n, C)``; absent layers are 0."""

    def indices(name: str, options: tuple[int, ...], values: Integers) -> Integers:
        return check_options(file.path, name, values, options)

    depth = columns["n_layer"]
    exists = np.arange(max(sizes.n_layer)) < depth[:, None]  # (n, L)
    rows = np.zeros((len(depth), 3 + 2 * max(sizes.n_layer)), dtype=np.int64)
    rows[:, 0] = indices("embed_dim", sizes.embed_dim, columns["embed_dim"])
    rows[:, 1] = indices("n_layer", sizes.n_layer, depth)
    rows[:, 2] = columns["bias"]
    for start, name, options in ((3, "n_head", sizes.n_head), (4, "mlp_ratio", sizes.mlp_ratio)):
        values = columns[name]
        if values.shape[1] != exists.shape[1] or (exists != (values >= 0)).any():
            raise UsageError(
                f'Column "{name}" of {file.path} must list one entry for each of n_layer layers; '
                "use the published file."
            )
        rows[:, start::2][exists] = indices(name, options, values[exists])
    return rows


def _precision(name: str) -> str:
    if name in _BF16:
        return "bf16"
    return "fp16" if name in _FP16 else "fp32"

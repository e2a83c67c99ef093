"""Small files in the published formats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from monas_tables.nb201 import REFERENCES
from monas_tables.nb201_files import EDGES


def write(folder: Path, name: str, columns: Mapping[str, Any]) -> Path:
    """A parquet file from arrays and lists."""
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table(dict(columns)), path)
    return path


def cells(count: int = 40) -> dict[str, Any]:
    """Columns of the accuracy file: HELP's ten indices, then 20000, 20001, ..."""
    index = [*REFERENCES, *range(20000, 20000 + count - len(REFERENCES))]
    codes = np.array(np.unravel_index(np.arange(count) * 331 % 5**6, (5,) * 6), dtype=np.int8)
    rng = np.random.default_rng(0)
    return {
        "nb201_index": pa.array(index, pa.int32()),
        **dict(zip(EDGES, codes, strict=True)),
        "c10_valid_acc": rng.uniform(50, 90, count).astype(np.float32),
        "c10_test_acc": rng.uniform(50, 94, count).astype(np.float32),
    }


def times(count: int = 40, *devices: str) -> dict[str, Any]:
    """Columns of the latency file, in reverse order of the accuracy file."""
    rng = np.random.default_rng(1)
    return {
        "nb201_index": cells(count)["nb201_index"].take(list(range(count))[::-1]),
        "arch_str": ["|...|"] * count,
        **{d: rng.uniform(3, 30, count).astype(np.float32) for d in devices or ("pixel3", "fpga")},
    }


@pytest.fixture
def nb201(tmp_path: Path) -> Path:
    """A folder with 40 cells and two devices."""
    write(tmp_path, "nb201_accuracy", cells())
    write(tmp_path, "nb201_latency_help27", times())
    return tmp_path


def gpt_rows(count: int = 300) -> dict[str, Any]:
    """Columns of a GPT S table: latency is a sum over layers, energy three times that."""
    rng = np.random.default_rng(2)
    embed, depth = rng.choice([192, 384, 768], count), rng.integers(10, 13, count)
    heads = [rng.choice([4, 8, 12], d) for d in depth]
    ratio = [rng.choice([2, 3, 4], d) for d in depth]
    sums = np.array([r.sum() + 0.1 * h.sum() for r, h in zip(ratio, heads, strict=True)])
    latency = (1.0 + embed / 192 * sums / 10).astype(np.float32)
    return {
        "arch_index": pa.array(range(count), pa.int32()),
        "embed_dim": pa.array(embed, pa.int16()),
        "n_layer": pa.array(depth, pa.int8()),
        "mlp_ratio": pa.array([list(map(int, r)) for r in ratio], pa.list_(pa.int8())),
        "n_head": pa.array([list(map(int, h)) for h in heads], pa.list_(pa.int8())),
        "bias": rng.random(count) < 0.5,
        "lat_ms_p100": latency,
        "lat_std_ms_p100": 0.01 * latency,
        "energy_wh_p100": 1e-3 * latency,
        "energy_std_wh_p100": 1e-5 * latency,
        "lat_ms_novel": 2 * latency,
        "energy_wh_novel": 3e-3 * latency,
        "lat_ms_cpu_p100host": 100 * latency,
    }


def perceptron(path: Path, layers: Mapping[str, tuple[int, int]]) -> None:
    """A safetensors file of linear layers, ``name: (inputs, outputs)``."""
    rng = np.random.default_rng(3)
    tensors = {}
    for name, (inputs, outputs) in layers.items():
        tensors[f"{name}.weight"] = rng.normal(size=(outputs, inputs)).astype(np.float32) / 10
        tensors[f"{name}.bias"] = np.full(outputs, 0.1, dtype=np.float32)
    save_file(tensors, path)


@pytest.fixture
def gpt(tmp_path: Path) -> Path:
    """A folder with a GPT S table of 300 rows and a surrogate of random weights."""
    write(tmp_path, "gpt_s", gpt_rows())
    shapes = {"fc1": (80, 8), "fc2": (8, 8), "fc3": (8, 8), "fc4": (8, 8), "fc5": (8, 1)}
    perceptron(tmp_path / "gpt_s_ppl_surrogate.safetensors", shapes)
    return tmp_path


def ofa_rows(count: int = 300) -> dict[str, Any]:
    """Columns of the OFA table: latency grows with the number of blocks and of pixels."""
    rng = np.random.default_rng(4)
    depth = rng.integers(2, 5, (count, 5))
    side = rng.choice(np.arange(128, 225, 4), count)
    latency = (2 + depth.sum(axis=1) * (side / 224) ** 2).astype(np.float32)

    def lists(options: list[int], length: int) -> pa.Array:
        return pa.array(rng.choice(options, (count, length)).tolist(), pa.list_(pa.int8()))

    return {
        "ofa_index": pa.array(range(count), pa.int32()),
        "ks": lists([3, 5, 7], 20),
        "e": lists([3, 4, 6], 20),
        "d": pa.array(depth.tolist(), pa.list_(pa.int8())),
        "r": pa.array(side, pa.int16()),
        "pred_top1_raw": np.full(count, 0.8, dtype=np.float32),
        "v100_1": latency,
        "v100_64": 3 * latency,
    }


@pytest.fixture
def ofa(tmp_path: Path) -> Path:
    """A folder with an OFA table of 300 rows and a predictor of random weights."""
    write(tmp_path, "ofa_mbv3_latency_help12", ofa_rows())
    shapes = {"0": (128, 8), "2": (8, 8), "4": (8, 8), "6": (8, 1)}
    perceptron(tmp_path / "ofa_mbv3_acc_predictor.safetensors", shapes)
    return tmp_path


@pytest.fixture
def formats() -> SimpleNamespace:
    """The functions above."""
    return SimpleNamespace(
        write=write, cells=cells, times=times, gpt_rows=gpt_rows, ofa_rows=ofa_rows
    )

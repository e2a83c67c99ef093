"""Profiling a device without Python: models to carry there, a table of timings to bring back.

The folder holds one ONNX file per reference network and ``manifest.json``. Whoever times
them (an app, ``onnxruntime_perf_test``, a vendor's tool) writes a CSV file with the columns

    model         name of the network, as in the manifest (with or without folder and suffix)
    latency_ms    time of one inference; ``latency_us``, ``Latency (s)``, ... work too
    energy_mj     energy of one inference, if known (``energy_j``, ``energy_uj``)
    memory_mb     memory, if known

(``timings`` says what else is understood) and one row per network, or several: then the median
counts, and the interquartile range is the spread.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from monas_core.errors import UsageError
from monas_core.extras import require_packages
from monas_core.files import atomic_folder, parse_json, strict_json
from monas_core.parts.context import Context
from monas_core.profiling import onnx_model
from monas_core.profiling.measure import Note, described
from monas_core.profiling.plausibility import judge
from monas_core.profiling.profile import Costs, Profile
from monas_core.profiling.reference_set import ReferenceSet, input_shapes
from monas_core.profiling.timings import read
from monas_core.values.quantity import metric_unit

MANIFEST = "manifest.json"
_DAMAGED = "{} is damaged; write it again with: monas profile --emit."


def emit(
    context: Context,
    folder: Path,
    batch: int,
    note: Note,
    options: onnx_model.OnnxOptions | None = None,
) -> Path:
    """Write the reference networks as ONNX with a manifest; returns the manifest.

    Args:
        context: Space and task; weights are random, which changes no time.
        folder: Must not exist yet, or be empty.
        batch: Samples per inference.
        note: Told what is being written.
        options: Versions of ONNX, for old runtimes.

    Raises:
        UsageError: A package is missing, or the folder is used.
        MonasError: A network cannot be expressed in ONNX.
    """
    require_packages("--emit", dict.fromkeys(("onnx", "onnxscript"), onnx_model.REQUIREMENT))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--emit {folder} is already used; choose another folder.")
    if batch < 1:
        raise UsageError(f"batch must be at least 1, got {batch}.")
    references = ReferenceSet.of(context)
    onto_cpu = Context(context.space, context.task, torch_device=torch.device("cpu"))
    inputs = onto_cpu.example(batch)
    shapes = input_shapes(context, batch)
    with atomic_folder(folder) as draft:
        for number, architecture in enumerate(references.architectures, start=1):
            note(f"writing network {number} of {len(references.architectures)}")
            network = onto_cpu.network(architecture).eval()
            onnx_model.write(network, inputs, draft / f"{architecture.key}.onnx", options)
        manifest = {
            "schema": 1,
            **{k: v for k, v in described(references).items() if k != "references"},
            "precision": "fp32",
            "batch": batch,
            "inputs": [{"name": f"input_{i}", **shape} for i, shape in enumerate(shapes)],
            "models": [{"name": key, "file": f"{key}.onnx"} for key in references.keys],
            "how": "Time one inference of every model (zeros will do as inputs) and write a CSV "
            "file with the columns model, latency_ms and, where known, energy_mj and memory_mb; "
            "then: monas profile --collect FILE.csv --as NAME",
        }
        (draft / MANIFEST).write_text(strict_json(manifest, indent=1) + "\n", encoding="utf-8")
    return folder / MANIFEST


def read_manifest(path: Path) -> dict[str, Any]:
    """What a manifest says. Raises UsageError when it is missing or damaged."""
    try:
        document = parse_json(path.read_text(encoding="utf-8"))
        texts = [document[key] for key in ("space", "preset", "task", "digest")]
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is damaged; write it again with: monas profile --emit."
        ) from error
    batch = document.get("batch")
    if not all(isinstance(t, str) for t in texts) or type(batch) is not int or batch < 1:
        raise UsageError(_DAMAGED.format(path))
    return document


def collect(path: Path, context: Context, facts: Mapping[str, Any]) -> Profile:
    """A profile from a table of timings.

    Args:
        path: Table with the columns above.
        context: Space and task of the networks.
        facts: ``name``, ``processor``, ``runtime``, ``precision``, ``batch``, ``threads``
            and ``kind`` of the profile.

    Raises:
        UsageError: A column, a network or a number is missing or cannot be.
    """
    references = ReferenceSet.of(context)
    timings = read(path, references.keys)
    metrics: dict[str, Costs] = {}
    for metric, found in timings.samples.items():
        missing = [key for key in references.keys if key not in found]
        if missing:
            raise UsageError(
                f"{path} gives no {metric} for {len(missing)} of {len(references.keys)} reference "
                f"networks, {missing[0]} among them; time every model of the manifest."
            )
        rows = [np.array(found[key]) for key in references.keys]
        median = [float(np.median(row)) for row in rows]
        low, high = zip(*(np.percentile(row, [25, 75]) for row in rows), strict=True)
        spread = [
            float(b - a) if len(row) > 1 else None
            for a, b, row in zip(low, high, rows, strict=True)
        ]
        metrics[metric] = Costs(metric_unit(metric), "measured", median, spread)
    verdict = judge(
        {metric: costs.median for metric, costs in metrics.items()},
        [context.workload(a, facts["batch"]) for a in references.architectures],
        timings.samples,
    )
    ignored = {"ignored columns": list(timings.ignored)} if timings.ignored else {}
    return Profile(
        **facts,
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        **described(references),
        metrics=metrics,
        notes={"collected from": path.name, **ignored, **verdict.to_notes()},
    )

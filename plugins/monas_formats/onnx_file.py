"""``onnx``: torch's exporter, checked and timed in onnxruntime."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten

from monas_core.export.check import compare
from monas_core.export.companion import FACTS, facts
from monas_core.export.format import Format
from monas_core.export.program import Program, trace
from monas_core.export.subject import Subject
from monas_core.profiling.onnx_model import OnnxOptions, exported, save

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_WARM_UP_S = 0.1
_TIMED_S = 0.5
_FEWEST_RUNS = 20
_LARGEST_FILE = 1_500_000_000
"""Bytes of weights beyond which they go to a file of their own: one message ends at 2 GB."""


class Onnx(Format):
    """One file; it also holds ``task.json`` as metadata, in case it is passed on alone."""

    suffix: ClassVar[str] = ".onnx"
    loader: ClassVar[str] = "monas_formats.onnx_loader"
    packages: ClassVar[tuple[str, ...]] = ("numpy", "onnxruntime")

    def __init__(self, options: OnnxOptions | None = None) -> None:
        self.options = options or OnnxOptions()

    def write(self, subject: Subject, path: Path) -> dict[str, Any]:
        """Save, load in onnxruntime, compare and time.

        Raises:
            MonasError: It cannot be traced, cannot be said in the opset that was asked for,
                or answers otherwise.
        """
        program = trace(subject)
        about = json.dumps(facts(subject, "onnx"), allow_nan=False)
        versions = _save(program, path, self.options, {FACTS: about})
        session = open_session(path)

        def answer(inputs: Any) -> list[Tensor]:
            return [torch.from_numpy(array) for array in session.run(None, _feed(session, inputs))]

        return {
            "check": compare(subject, answer, "onnx"),
            "inputs": program.described(),
            "dynamic": program.limits(),
            **versions,
            "latency": latency(session, subject.single),
        }


def _save(
    program: Program, path: Path, options: OnnxOptions, about: Mapping[str, str]
) -> dict[str, int]:
    """Write the file; returns its opset and version of the format."""
    size = sum(t.numel() * t.element_size() for t in program.exported.state_dict.values())
    made = exported(
        program.exported,
        (),
        options,
        input_names=list(program.inputs),
        output_names=list(program.outputs),
    )
    _name_axes(made.model.graph, program.axes)
    made.model.metadata_props.update(about)
    return save(made, path, options, external_data=size > _LARGEST_FILE)


def _name_axes(graph: Any, names: Mapping[str, str]) -> None:
    """Free dimensions get names that can be read, in place of the tracer's symbols."""
    pattern = re.compile("|".join(rf"\b{re.escape(symbol)}\b" for symbol in names) or r"(?!)")
    values = [*graph.inputs, *graph.outputs]
    values += [value for node in graph for value in node.outputs]
    for value in values:
        if value.shape is None or value.shape.frozen:
            continue
        for index, size in enumerate(value.shape):
            text = getattr(size, "value", None)
            if isinstance(text, str):
                value.shape[index] = pattern.sub(lambda match: names[match[0]], text)


def open_session(path: Path) -> InferenceSession:
    """The model on this machine's processor, with as many threads as torch uses."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def latency(session: InferenceSession, inputs: Any) -> dict[str, Any]:
    """Time of one inference in milliseconds: median and spread (between the quartiles)."""
    feed = _feed(session, inputs)
    times: list[float] = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < _WARM_UP_S:
        session.run(None, feed)
    begin = time.perf_counter()
    while len(times) < _FEWEST_RUNS or time.perf_counter() - begin < _TIMED_S:
        start = time.perf_counter()
        session.run(None, feed)
        times.append(1e3 * (time.perf_counter() - start))
    low, _, high = quantiles(times, n=4)
    first = next(iter(feed.values()))
    return {
        "median_ms": median(times),
        "spread_ms": high - low,
        "runs": len(times),
        "batch": len(first),
        "threads": torch.get_num_threads(),
    }


def _feed(session: InferenceSession, inputs: Any) -> dict[str, Any]:
    arrays = [leaf.numpy() for leaf in tree_flatten(inputs)[0]]
    return {item.name: array for item, array in zip(session.get_inputs(), arrays, strict=True)}

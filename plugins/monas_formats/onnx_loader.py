"""Reads an ONNX model with onnxruntime; shipped with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import onnxruntime


def load(path: Path) -> Callable[[Any], Any]:
    """The network as a function from one array, or arrays by name, to its output or outputs."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_inputs()]

    def run(inputs: Any) -> Any:
        feed = dict(inputs) if isinstance(inputs, Mapping) else {names[0]: inputs}
        found = session.run(None, feed)
        return found[0] if len(found) == 1 else found

    return run

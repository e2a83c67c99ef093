"""Shipped with networks of a task that says nothing of its use: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def predict(
    model: Callable[[Any], Any], given: Sequence[str], usage: Mapping[str, Any], _folder: Path
) -> list[dict[str, Any]]:
    """Outputs for each ``.npy`` (one input) or ``.npz`` (several, by name), batch first.

    A word with commas is one sample written out: ``0.1,2,-3``.
    """
    return [{"answer": _plain(model(_read(word, usage)))} for word in given]


def _read(word: str, usage: Mapping[str, Any]) -> Any:
    if word.endswith((".npy", ".npz")):
        found = np.load(word, allow_pickle=False)
        return found if isinstance(found, np.ndarray) else dict(found)
    numbers = [float(cell) for cell in word.split(",")]
    return np.array([numbers], dtype=usage.get("dtype", "float32"))


def _plain(outputs: Any) -> Any:
    if isinstance(outputs, Mapping):
        return {name: _plain(value) for name, value in outputs.items()}
    if isinstance(outputs, list | tuple):
        return [_plain(value) for value in outputs]
    return outputs.tolist()

"""A published multilayer perceptron, from its safetensors file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from monas_core.errors import UsageError
from monas_tables.parquet import Numbers, required


class Perceptron:
    """Linear layers with ReLU between them, and one output.

    Args:
        folder: Where the file is.
        name: Of the file.
        layers: Beginning of each layer's tensor names, first to last (``fc1``).
        inputs: Numbers the first layer takes.

    Raises:
        UsageError: The file is missing, or its tensors are others than expected.
    """

    def __init__(self, folder: Path, name: str, *, layers: Sequence[str], inputs: int) -> None:
        path = required(folder, name)
        try:
            tensors = load_file(path)
        except (SafetensorError, OSError) as error:
            raise UsageError(
                f"{path} is no readable safetensors file ({error}); copy it again."
            ) from error
        self._layers: list[tuple[Numbers, Numbers]] = []
        width = inputs
        for number, layer in enumerate(layers):
            weight, bias = tensors.get(f"{layer}.weight"), tensors.get(f"{layer}.bias")
            rows = 1 if number == len(layers) - 1 else None
            if weight is None or bias is None or not _fits(weight, bias, rows, width):
                raise UsageError(
                    f'{path} must hold tensors "{layer}.weight" of {width} columns and '
                    f'"{layer}.bias" as published; copy the published file.'
                )
            self._layers.append((weight.T.astype(np.float64), bias.astype(np.float64)))
            width = len(bias)

    def __call__(self, inputs: Numbers) -> Numbers:
        """Outputs ``(n,)`` of inputs ``(n, F)``; computed in double precision."""
        flow = inputs
        for weight, bias in self._layers[:-1]:
            flow = np.maximum(flow @ weight + bias, 0.0)
        weight, bias = self._layers[-1]
        return (flow @ weight + bias)[:, 0]


def _fits(weight: Numbers, bias: Numbers, rows: int | None, columns: int) -> bool:
    shaped = weight.ndim == 2 and weight.shape[1] == columns and bias.shape == weight.shape[:1]
    return shaped and (rows is None or len(bias) == rows)

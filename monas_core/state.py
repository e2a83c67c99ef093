"""Nested state to safetensors plus JSON and back; nothing is ever pickled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.files import atomic_folder

_TENSOR = "__tensor__"


def _split(tree: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(tree, Tensor):
        tensors[path] = tree.detach().cpu().clone().contiguous()
        return {_TENSOR: path}
    if isinstance(tree, Mapping):
        # JSON keys are strings; weight optimizers number their parameters
        pairs = [[key, _split(value, f"{path}/{key}", tensors)] for key, value in tree.items()]
        return {"__map__": pairs}
    if isinstance(tree, list | tuple):
        return [_split(value, f"{path}/{index}", tensors) for index, value in enumerate(tree)]
    if tree is None or isinstance(tree, bool | int | float | str):
        return tree
    raise TypeError(f"state at {path or 'top'} is a {type(tree).__name__}, not plain or a tensor")


def _join(tree: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(tree, dict):
        if _TENSOR in tree:
            return tensors[tree[_TENSOR]]
        return {key: _join(value, tensors) for key, value in tree["__map__"]}
    if isinstance(tree, list):
        return [_join(value, tensors) for value in tree]
    return tree


def save(folder: Path, state: Mapping[str, Any]) -> None:
    """Write nested dicts and lists of tensors and plain values into a new folder, atomically."""
    tensors: dict[str, Tensor] = {}
    plain = _split(state, "", tensors)
    with atomic_folder(folder) as draft:
        save_file(tensors, draft / "tensors.safetensors")
        (draft / "state.json").write_text(json.dumps(plain), encoding="utf-8")


def load(folder: Path) -> dict[str, Any]:
    """Inverse of ``save``.

    Raises:
        UsageError: A file is missing or damaged.
    """
    try:
        tensors = load_file(folder / "tensors.safetensors")
        plain = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        return _join(plain, tensors)
    except Exception as error:
        raise UsageError(
            f"Checkpoint {folder} is missing or damaged ({type(error).__name__}: {error}); "
            "restore it or start a new run."
        ) from error


def generator_from(state: Tensor) -> torch.Generator:
    """A CPU generator in the given state."""
    generator = torch.Generator()
    generator.set_state(state)
    return generator

"""Nested state to safetensors plus JSON and back; nothing is ever pickled.

A folder of state knows itself: ``manifest.json`` holds the size and digest of its files.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as from_bytes
from safetensors.torch import load_file, save_file
from safetensors.torch import save as to_bytes
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.files import atomic_folder, inside, parse_json

_TENSOR = "__tensor__"
_NUMBER = "__number__"
_TENSORS, _PLAIN, _MANIFEST = "tensors.safetensors", "state.json", "manifest.json"


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
    if isinstance(tree, float) and not math.isfinite(tree):  # JSON has no word for them
        return {_NUMBER: str(tree)}
    if tree is None or isinstance(tree, bool | int | float | str):
        return tree
    raise TypeError(f"state at {path or 'top'} is a {type(tree).__name__}, not plain or a tensor")


def _join(tree: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(tree, dict):
        if _TENSOR in tree:
            return tensors[tree[_TENSOR]]
        if _NUMBER in tree:
            return float(tree[_NUMBER])
        return {key: _join(value, tensors) for key, value in tree["__map__"]}
    if isinstance(tree, list):
        return [_join(value, tensors) for value in tree]
    return tree


def copied(tree: Any) -> Any:
    """A state of its own: what is trained on afterwards does not change it; tensors on the CPU."""
    if isinstance(tree, Tensor):
        return tree.detach().cpu().clone()
    if isinstance(tree, Mapping):
        return {key: copied(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [copied(value) for value in tree]
    return tree


def packed(state: Any) -> bytes:
    """Nested dicts and lists of tensors and plain values as bytes, for another process."""
    tensors: dict[str, Tensor] = {}
    plain = json.dumps(_split(state, "", tensors), allow_nan=False).encode()
    return len(plain).to_bytes(8, "big") + plain + to_bytes(tensors)


def unpacked(data: bytes) -> Any:
    """Inverse of ``packed``."""
    end = 8 + int.from_bytes(data[:8], "big")
    return _join(parse_json(data[8:end]), from_bytes(data[end:]))


def save(folder: Path, state: Mapping[str, Any]) -> None:
    """Write nested dicts and lists of tensors and plain values into a new folder, atomically.

    Raises:
        MonasError: The disk is full or may not be written; nothing is left behind.
    """
    tensors: dict[str, Tensor] = {}
    plain = _split(state, "", tensors)
    with atomic_folder(folder) as draft:
        try:
            save_file(tensors, draft / _TENSORS)
        except SafetensorError as error:
            raise system_fault(error) from error
        (draft / _PLAIN).write_text(json.dumps(plain, allow_nan=False), encoding="utf-8")
        files = {name: _facts(draft / name) for name in (_TENSORS, _PLAIN)}
        (draft / _MANIFEST).write_text(
            json.dumps({"files": files}, allow_nan=False), encoding="utf-8"
        )


def system_fault(error: SafetensorError) -> OSError:
    """What lies behind a file that safetensors could not write: a full disk, mostly."""
    number = re.search(r"os error (\d+)", str(error))
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(str(error))


def _facts(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return {"bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def verify(folder: Path) -> None:
    """Compare every file of a state with the manifest. Raises ValueError or OSError."""
    manifest = parse_json(inside(folder, _MANIFEST).read_bytes())
    for name in (_TENSORS, _PLAIN):
        if _facts(inside(folder, name)) != manifest["files"][name]:
            raise ValueError(f"{name} is not what was written")


def load(folder: Path) -> dict[str, Any]:
    """Inverse of ``save``.

    Raises:
        UsageError: A file is missing or not what was written.
    """
    try:
        verify(folder)
        tensors = load_file(folder / _TENSORS)
        found = _join(parse_json((folder / _PLAIN).read_bytes()), tensors)
        if not isinstance(found, dict):
            raise TypeError("it holds no state")
        return found
    except Exception as error:
        raise UsageError(
            f"Checkpoint {folder} is missing or damaged ({type(error).__name__}: {error}); "
            "restore it or start a new run."
        ) from error

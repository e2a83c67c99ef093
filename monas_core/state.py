"""Nested state to safetensors plus JSON and back; nothing is ever pickled.

A folder of state knows itself: ``manifest.json`` holds the size and digest of its files.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_bytes
from safetensors.torch import load_file, save_file
from safetensors.torch import save as to_bytes
from torch import Tensor

from monas_core import seals
from monas_core.errors import UsageError
from monas_core.files import atomic_folder, inside, parse_json

_TENSOR = "__tensor__"
_NUMBER = "__number__"
_TENSORS, _PLAIN, MANIFEST = "tensors.safetensors", "state.json", "manifest.json"


class _Tensors(dict[str, Tensor]):
    """Tensors to be written, as they lie in memory: a copy of all would double what a run needs."""

    def __init__(self) -> None:
        self._storages: set[int] = set()

    def put(self, path: str, tensor: Tensor) -> None:
        """Take one; a copy where it is a part of another or in another order."""
        found = tensor.detach().cpu()
        storage = found.untyped_storage()
        whole = found.is_contiguous() and storage.nbytes() == found.nbytes
        if not whole or storage.data_ptr() in self._storages:
            found = found.clone(memory_format=torch.contiguous_format)
        self._storages.add(found.untyped_storage().data_ptr())
        self[path] = found


def _split(tree: Any, path: str, tensors: _Tensors) -> Any:
    if isinstance(tree, Tensor):
        tensors.put(path, tree)
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
    tensors = _Tensors()
    plain = json.dumps(_split(state, "", tensors), allow_nan=False).encode()
    return len(plain).to_bytes(8, "big") + plain + to_bytes(tensors)


def unpacked(data: bytes) -> Any:
    """Inverse of ``packed``."""
    end = 8 + int.from_bytes(data[:8], "big")
    return _join(parse_json(data[8:end]), from_bytes(data[end:]))


def save(
    folder: Path, state: Mapping[str, Any], whose: str = "", facts: Mapping[str, Any] | None = None
) -> None:
    """Write nested dicts and lists of tensors and plain values into a new folder, atomically.

    Args:
        folder: Where.
        state: What.
        whose: What it is marked with (``seals.identity``).
        facts: Said in the manifest, which is read without reading the state.

    Raises:
        MonasError: The disk is full or may not be written; nothing is left behind.
    """
    tensors = _Tensors()
    plain = _split(state, "", tensors)
    with atomic_folder(folder) as draft:
        try:
            save_file(tensors, draft / _TENSORS)
        except SafetensorError as error:
            raise system_fault(error) from error
        (draft / _PLAIN).write_text(json.dumps(plain, allow_nan=False), encoding="utf-8")
        write_manifest(draft, (_TENSORS, _PLAIN), whose, facts)


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


def write_manifest(
    folder: Path, names: Iterable[str], whose: str = "", facts: Mapping[str, Any] | None = None
) -> None:
    """Size and digest of some files of a folder, beside them."""
    files = {name: _facts(folder / name) for name in names}
    manifest = seals.sealed({"files": files, **(facts or {})}, whose)
    (folder / MANIFEST).write_text(json.dumps(manifest, allow_nan=False), encoding="utf-8")


def manifest_of(folder: Path, whose: str = "") -> dict[str, Any]:
    """What a manifest says. Raises ValueError or OSError."""
    try:
        found = seals.unsealed(parse_json(inside(folder, MANIFEST).read_bytes()), whose)
    except ValueError as error:
        raise ValueError(f"{MANIFEST}: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        raise ValueError(f"{MANIFEST} names no files")
    return found


def verify(folder: Path, names: Iterable[str] = (_TENSORS, _PLAIN), whose: str = "") -> None:
    """Compare files of a folder with its manifest. Raises ValueError or OSError."""
    known = manifest_of(folder, whose)["files"]
    for name in names:
        if _facts(inside(folder, name)) != known.get(name):
            raise ValueError(f"{name} is not what was written")


def load(folder: Path, whose: str = "") -> dict[str, Any]:
    """Inverse of ``save``.

    Raises:
        UsageError: A file is missing or not what was written.
    """
    try:
        verify(folder, whose=whose)
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

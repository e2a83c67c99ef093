"""Reads a folder of weights with its ``model.py``; shipped with it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils._pytree import tree_map


def load(path: Path) -> Callable[[Any], Any]:
    """The network as a function from a tree of arrays to a tree of arrays."""
    spec = importlib.util.spec_from_file_location("model", path / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.load(path)

    def run(inputs: Any) -> Any:
        with torch.no_grad():
            return tree_map(lambda x: x.numpy(), network(tree_map(torch.from_numpy, inputs)))

    return run

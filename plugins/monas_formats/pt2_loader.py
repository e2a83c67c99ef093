"""Reads a program of ``torch.export``; shipped with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils._pytree import tree_map


def load(path: Path) -> Callable[[Any], Any]:
    """The network as a function from a tree of arrays to a tree of arrays."""
    network = torch.export.load(path).module()

    def run(inputs: Any) -> Any:
        with torch.no_grad():
            return tree_map(lambda x: x.numpy(), network(tree_map(torch.from_numpy, inputs)))

    return run

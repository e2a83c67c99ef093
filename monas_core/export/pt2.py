"""``pt2``: a program of ``torch.export``, run with nothing but torch."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch.utils._pytree import tree_flatten

from monas_core.export.check import compare
from monas_core.export.program import trace
from monas_core.export.subject import Subject


def write(subject: Subject, path: Path) -> dict[str, Any]:
    """Save, load back and compare.

    Raises:
        MonasError: It cannot be traced, or answers otherwise.
    """
    program = trace(subject)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(program.exported, path)
        loaded = torch.export.load(path).module()

    def answer(inputs: Any) -> list[torch.Tensor]:
        with torch.no_grad():
            return tree_flatten(loaded(inputs))[0]

    return {
        "check": compare(subject, answer, "pt2"),
        "inputs": program.described(),
        "dynamic": program.limits(),
    }

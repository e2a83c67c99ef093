"""``pt2``: a program of ``torch.export``, run with nothing but torch."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch.utils._pytree import tree_flatten

from monas_core.export.check import compare
from monas_core.export.companion import FACTS, facts
from monas_core.export.format import Format
from monas_core.export.program import trace
from monas_core.export.subject import Subject


class TorchExport(Format):
    """One file; it also holds ``task.json``, in case it is passed on alone."""

    suffix: ClassVar[str] = ".pt2"
    loader: ClassVar[str] = "monas_formats.pt2_loader"

    def write(self, subject: Subject, path: Path) -> dict[str, Any]:
        """Save, load back and compare.

        Raises:
            MonasError: It cannot be traced, or answers otherwise.
        """
        program = trace(subject)
        about = json.dumps(facts(subject, "pt2"), allow_nan=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.export.save(program.exported, path, extra_files={FACTS: about})
            loaded = torch.export.load(path).module()

        def answer(inputs: Any) -> list[torch.Tensor]:
            with torch.no_grad():
                return tree_flatten(loaded(inputs))[0]

        return {
            "check": compare(subject, answer, "pt2"),
            "inputs": program.described(),
            "dynamic": program.limits(),
        }

"""A GGUF file in llama.cpp itself, where llama-cpp-python is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils._pytree import tree_leaves

from monas_core.errors import MonasError
from monas_core.export.subject import Subject

_ROUNDING = 0.02
"""Difference, relative to the largest logit, that llama.cpp's half precisions explain."""


def compared(subject: Subject, path: Path) -> dict[str, Any]:
    """Ask llama.cpp for the next tokens of the probes.

    Returns:
        ``{"runtime", "max_difference", "first_choice"}``: the largest difference of a logit and
        the share of places where both would go on with the same token. Without llama.cpp only
        ``{"runtime"}``, saying so.

    Raises:
        MonasError: It answers otherwise.
    """
    if importlib.util.find_spec("llama_cpp") is None:
        return {"runtime": "not asked: llama-cpp-python is not installed"}
    import llama_cpp  # pyright: ignore[reportMissingImports]

    longest = max(int(tree_leaves(probe)[0].shape[1]) for probe in subject.probes)
    model = llama_cpp.Llama(
        str(path), n_ctx=longest, n_batch=longest, logits_all=True, verbose=False, n_threads=1,
        type_k=0, type_v=0,
    )  # fmt: skip
    worst, same, places, largest = 0.0, 0, 0, 1.0
    for probe in subject.probes:
        tokens, wanted = tree_leaves(probe)[0], subject.outputs(probe)[0].numpy()
        for row, logits in zip(tokens.tolist(), wanted, strict=True):
            model.reset()
            model.eval(row)
            got = np.array(model.scores[: len(row)])
            worst = max(worst, float(np.abs(got - logits).max()))
            largest = max(largest, float(np.abs(logits).max()))
            same += int((got.argmax(-1) == logits.argmax(-1)).sum())
            places += len(row)
    model.close()
    if not worst <= _ROUNDING * largest:
        raise MonasError(
            f"llama.cpp answers otherwise than {subject.architecture.key}: a logit differs by "
            f"{worst:.3g}; report this."
        )
    version = getattr(llama_cpp, "__version__", "?")
    return {
        "runtime": f"llama-cpp-python {version}",
        "max_difference": worst,
        "first_choice": same / places,
    }

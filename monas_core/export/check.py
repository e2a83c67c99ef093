"""Whether an exported model answers as the subnet does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten

from monas_core.errors import MonasError
from monas_core.export.subject import Subject

TOLERANCE = 1e-4
"""Largest accepted difference of an output, relative to the largest output of its tensor
where that exceeds 1: what 32-bit numbers can promise."""

Answer = Callable[[Any], Sequence[Tensor]]
"""The exported model: from a batch of inputs to every output, in order."""


def compare(subject: Subject, answer: Answer, name: str) -> dict[str, Any]:
    """Ask both on every probe.

    Args:
        subject: The subnet.
        answer: What was read back from the exported files.
        name: Of the format, for the message.

    Returns:
        ``{"max_difference", "tolerance", "shapes"}``: shapes of the first input of each probe.

    Raises:
        MonasError: Another number or shape of outputs, or a difference above the tolerance.
    """
    worst = 0.0
    shapes: list[list[int]] = []
    for probe in subject.probes:
        shapes.append(list(tree_flatten(probe)[0][0].shape))
        try:
            wanted, got = subject.outputs(probe), list(answer(probe))
        except Exception as error:
            reason = " ".join(str(error).split())
            raise MonasError(
                f"Subnet or {name} export of {subject.architecture.key} cannot take inputs of "
                f"shape {tuple(shapes[-1])}: {type(error).__name__}: {reason:.200}"
            ) from error
        if [x.shape for x in wanted] != [x.shape for x in got]:
            raise MonasError(
                f"The {name} export of {subject.architecture.key} gives outputs of shape "
                f"{[tuple(x.shape) for x in got]}, the subnet {[tuple(x.shape) for x in wanted]} "
                f"for inputs of shape {tuple(shapes[-1])}; nothing was written."
            )
        for first, second in zip(wanted, got, strict=True):
            scale = first.abs().max().double().clamp(min=1)
            apart = (first.double() - second.double()).abs().max() / scale
            worst = max(worst, float(torch.nan_to_num(apart, nan=torch.inf)))
    if worst > TOLERANCE:
        raise MonasError(
            f"The {name} export of {subject.architecture.key} differs from the subnet by "
            f"{worst:.2g}, more than {TOLERANCE:g}; nothing was written."
        )
    return {"max_difference": worst, "tolerance": TOLERANCE, "shapes": shapes}

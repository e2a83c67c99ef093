"""Arithmetic of forward and backward passes: casts, and the scale of losses."""

from __future__ import annotations

import contextlib

import torch

from monas_core.values.recipe import Precision

_TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def cast(precision: Precision, place: torch.device) -> contextlib.AbstractContextManager[object]:
    """Within it matrix products are computed in a precision; sums and norms stay in fp32."""
    if precision == "fp32":
        return contextlib.nullcontext()
    return torch.autocast(place.type, dtype=_TYPES[precision])


def scaler(precision: Precision, place: torch.device) -> torch.amp.GradScaler | None:
    """Keeps small gradients of fp16 above its least number; others need none.

    Where they overflow, the step is left out and the scale halved.
    """
    return torch.amp.GradScaler(place.type) if precision == "fp16" else None

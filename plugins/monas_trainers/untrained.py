"""A run without a supernet: costs, tables and measures of untrained networks need none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from monas_core.parts.context import Context
from monas_core.parts.space import WarmUp
from monas_core.parts.trainer import Trainer, TrainingReport


class Untrained(Trainer):
    """Takes no step. What needs inherited weights does not fit a run with it."""

    def start(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        """There is nothing to prepare."""

    @property
    def steps(self) -> int:
        """None."""
        return 0

    @property
    def done(self) -> int:
        """None."""
        return 0

    def step(self) -> TrainingReport:
        """Never called: there are no steps to take."""
        raise RuntimeError("this trainer has no steps to take")

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing to continue."""

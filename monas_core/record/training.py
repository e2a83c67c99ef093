"""What a person may say of trainings: ``None`` leaves it to the space."""

from __future__ import annotations

from typing import Any

import attrs


@attrs.frozen
class WarmUpConfig:
    """Training of the supernet before the search; ``None`` takes the space's recommendation."""

    steps: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    random_subnets: int | None = None
    rates: dict[str, float] | None = None


@attrs.frozen
class TrainingConfig:
    """How weights are trained, as of ``Recipe``; ``None`` takes the space's recommendation."""

    precision: str | None = None
    micro_batch: int | None = None
    updater: str | None = None
    betas: list[float] | None = None
    weight_decay: float | None = None
    clip: float | None = None
    schedule: str | None = None
    ramp: float | None = None
    final: float | None = None
    cooldown: float | None = None
    ema: float | None = None
    channels_last: bool | None = None
    compile: bool | None = None
    recompute: bool | None = None

    @property
    def given(self) -> dict[str, Any]:
        """What a person said."""
        told = {n: v for n, v in attrs.asdict(self).items() if v is not None}
        return told | ({"betas": tuple(told["betas"])} if "betas" in told else {})

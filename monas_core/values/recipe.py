"""How weights are trained, as plain values: update rule, schedule, arithmetic, memory."""

from __future__ import annotations

import math
import sys
from typing import Any, Literal, get_args

import attrs

from monas_core.errors import UsageError
from monas_core.values.bounds import within

Precision = Literal["fp32", "bf16", "fp16"]
UpdateRule = Literal["muon", "adamw", "sgd"]
Curve = Literal["cosine", "wsd", "constant"]

MOMENTUM = 0.9
"""Of ``sgd``, which is Nesterov's."""


@attrs.frozen
class Recipe:
    """A way of training. The defaults are those that small runs were tuned with.

    Attributes:
        precision: Of forward and backward passes; weights and updates stay ``fp32``. ``fp16``
            scales its losses.
        micro_batch: Most samples in one forward and backward pass; a batch of more is worked
            off in pieces whose gradients add up to its own. ``None``: a batch is one piece.
        updater: ``muon`` for the matrices of linear layers with AdamW for the rest, ``adamw``
            or ``sgd`` (momentum 0.9, Nesterov) for everything.
        betas: Of AdamW.
        weight_decay: Of weights that are matrices or kernels. ``None``: 0.01 for what Muon
            updates and 0 for the rest.
        clip: Largest norm of a gradient; 0 for no limit.
        schedule: Of the learning rates after the ramp: ``cosine`` to the end, ``constant``, or
            ``wsd``: constant, then down in a line.
        ramp: Share of the steps in which learning rates rise from 0 to their peak.
        final: Share of the peak that is left at the end.
        cooldown: Share of the steps in which ``wsd`` goes down.
        ema: Weights end as their moving average with this decay; 0: as they are.
        channels_last: Whether images lie channels last in memory.
        compile: Whether networks that are trained alone are compiled first (``torch.compile``).
        recompute: Whether layers are computed again in the backward pass, which costs a third
            more time and keeps one activation per layer instead of all.
    """

    precision: Precision = "fp32"
    micro_batch: int | None = None
    updater: UpdateRule = "muon"
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float | None = None
    clip: float = 1.0
    schedule: Curve = "cosine"
    ramp: float = 0.05
    final: float = 0.03
    cooldown: float = 0.2
    ema: float = 0.0
    channels_last: bool = False
    compile: bool = False
    recompute: bool = False

    def __attrs_post_init__(self) -> None:
        for name, kind in (("precision", Precision), ("updater", UpdateRule), ("schedule", Curve)):
            value = getattr(self, name)
            if value not in get_args(kind):
                allowed = ", ".join(get_args(kind))
                raise UsageError(
                    f'training.{name} "{value}" is not known; choose one of {allowed}.'
                )
        if self.micro_batch is not None:
            within("training", 1, micro_batch=self.micro_batch)
        shares = {name: getattr(self, name) for name in ("ramp", "final", "cooldown")}
        within("training", 0.0, 1.0, **shares)
        within("training", 0.0, clip=self.clip)
        within("training", 0.0, sys.float_info.max, weight_decay=self.weight_decay)
        if len(self.betas) != 2:
            raise UsageError(
                f"training.betas must be two numbers, got {len(self.betas)}; [0.9, 0.95], say."
            )
        for number in (self.ema, *self.betas):
            if not 0 <= number < 1:
                raise UsageError(
                    f"training.ema and training.betas must be at least 0 and less than 1, "
                    f"got {number:g}."
                )

    def share(self, done: int, steps: int) -> float:
        """Share of the peak learning rates that the step after ``done`` of ``steps`` uses."""
        ramp = max(1, round(self.ramp * steps))
        if done < ramp:
            return (done + 1) / ramp
        if self.schedule == "constant":
            return 1.0
        if self.schedule == "wsd":
            cooldown = max(1, round(self.cooldown * steps))
            progress = min(1.0, max(0.0, (done - (steps - cooldown)) / cooldown))
            return 1 - (1 - self.final) * progress
        progress = min(1.0, (done - ramp) / max(1, steps - ramp))
        cosine = 0.5 * (1 + math.cos(math.pi * progress))
        return self.final + (1 - self.final) * cosine

    def changed(self, given: dict[str, Any]) -> Recipe:
        """With what a person said in place of its own.

        Raises:
            UsageError: A value that is none, or one that nothing would read.
        """
        found = attrs.evolve(self, **given)
        unread = {
            "cooldown": found.schedule != "wsd" and "is for training.schedule=wsd",
            "final": found.schedule == "constant" and "is for schedules that go down",
            "betas": found.updater == "sgd" and "are of AdamW",
        }
        for name, reason in unread.items():
            if name in given and reason:
                raise UsageError(f"training.{name} has no effect here: it {reason}; leave it out.")
        return found

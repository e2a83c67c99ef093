"""How a supernet gets its weights before the search: a trainer, one step after the other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import attrs
import torch

from monas_core.parts.context import Context
from monas_core.parts.space import WarmUp


@attrs.frozen
class TrainingReport:
    """What one step of a trainer did.

    Attributes:
        losses: The latest loss of each kind of subnet it trains, plain numbers for the screen.
        stage: The trainer's own name for what it is doing ("kernels", "block 2"); empty where
            there is but one stage.
    """

    losses: Mapping[str, float]
    stage: str = ""


class Trainer(ABC):
    """Trains the supernet that a run inherits weights from.

    The engine calls ``start`` once, then ``step`` until ``done`` is ``steps``, with checkpoints
    in between. A trainer works through its stages on its own: a teacher it distils from, or
    parts of the network that stand still for a while, are its own business and belong in its
    state. The weights themselves belong to the run, which saves them with the state.

    A spec says what a trainer works on (``needs={"supernet"}``) and that there are weights to
    inherit afterwards (``provides={"supernet"}``). One that provides none leaves a run without
    a supernet: whatever needs one is then refused before anything starts.

    One whose steps go through ``Updater.learn`` with ``context.engine`` and depend on nothing but
    its state keeps to the recipe of the run and can be shared by several processes; its spec says
    so: ``provides={"supernet", "training"}``.

    Example:
        >>> class LargestOnly(Trainer):
        ...     def start(self, context, settings, generator):
        ...         self.supernet, self.task = context.require_supernet(), context.require_task()
        ...         self.settings, self.generator = settings, generator
        ...         factors = rate_factors(self.supernet, settings.rates)
        ...         self.updater = Updater(
        ...             self.supernet, settings.learning_rate, settings.steps, factors=factors,
        ...             engine=context.engine,
        ...         )
    """

    @abstractmethod
    def start(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        """Take the supernet of ``context``; all randomness comes from ``generator`` from now on.

        Called again, with lower rates and followed by ``load_state_dict``, where weights diverged.

        Args:
            context: Space, task and, where the trainer needs one, supernet.
            settings: Number of steps, batch size and learning rates.
            generator: On the CPU; its state is part of the trainer's.
        """

    @property
    @abstractmethod
    def steps(self) -> int:
        """Steps to take in all, after ``start``; at most those of the settings."""

    @property
    @abstractmethod
    def done(self) -> int:
        """Steps taken."""

    @abstractmethod
    def step(self) -> TrainingReport:
        """One step, short enough that stopping between two feels immediate."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Everything but the supernet's weights that ``start`` does not rebuild.

        Nested dicts and lists of plain values and tensors.
        """

    @abstractmethod
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state, after ``start``: as if never interrupted."""

"""A search algorithm: gradient methods and ask/tell methods behind one interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import attrs
import torch

from monas_core.parts.device import Device
from monas_core.problem.problem import Problem
from monas_core.values.architecture import Architecture
from monas_core.values.wish import Wish

Answer = Literal["front", "per limit"]


@attrs.frozen
class StepReport:
    """What one unit of work did.

    Attributes:
        phase: The optimizer's own name for what it is doing ("querying", "learning").
        losses: Plain numbers for the screen.
        finished: The optimizer has nothing more to do, whatever budget is left.
        warning: What the person is to know; nothing by default.
    """

    phase: str
    losses: Mapping[str, float] = attrs.field(factory=dict)
    finished: bool = False
    warning: str = ""


class Optimizer(ABC):
    """Finds architectures for every preference and device of a problem.

    The engine calls ``start`` once, then ``step`` until the budget is spent,
    then ``propose`` for every device and a lattice of wishes. What an
    optimizer needs (a supernet, relaxed objectives, a table) is declared in
    its spec and checked before anything starts.

    ``problem.limits`` say what must hold, and each wish repeats what holds on its device.
    A search should spend its queries where they are met. Whoever reads the preferences alone
    still takes part: ``monas_core.problem.known.best_known`` answers wishes with limits from
    what was evaluated, and no answer that misses a limit gets on a front.

    Attributes:
        account: By device, what the result is to say of the search there: plain values. Nothing
            by default.
        answers_with: What it answers wishes with, checked before anything starts: a ``front``, an
            architecture for every preference from one end to the other, or the best
            architecture ``per limit``, whatever the preference. The latter is refused where
            no limit is stated.
        takes_predictor: Whether it goes by ``problem.shelf.lent``, a predictor of quality that
            another run fitted, where there is one. It is refused for any other.
    """

    answers_with: ClassVar[Answer] = "front"
    account: Mapping[str, Any] = MappingProxyType({})
    takes_predictor: bool = False

    @abstractmethod
    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem; all randomness comes from ``generator`` from now on.

        Called again, followed by ``load_state_dict``, where weights or losses were no finite
        numbers; learning rates are then to be multiplied by ``problem.context.rate_factor``.
        """

    @abstractmethod
    def step(self) -> StepReport:
        """One unit of work, short enough that stopping between two feels immediate."""

    @abstractmethod
    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """One architecture per wish, for any device, without new queries of quality.

        It meets the limits of the wish; where nothing known does, it comes near them.
        """

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Everything that ``start`` does not rebuild: nested dicts and lists of plain or tensor."""

    @abstractmethod
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state, after ``start``: as if never interrupted."""

    def portfolio(self, device: Device, size: int, wishes: Sequence[Wish]) -> list[Architecture]:
        """At most ``size`` distinct architectures that together cover a device's front.

        Without new queries of quality. By default the answers to ``wishes``, a
        lattice of at most ``size`` preferences under the same limits; override it where a set
        can be chosen as a set.
        """
        return list(dict.fromkeys(self.propose(device, wishes)))[:size]

    def predict(
        self,
        device: Device,  # noqa: ARG002 - for those who override
        architectures: Sequence[Architecture],
    ) -> list[Mapping[str, float]]:
        """Predicted values by objective (its unit and direction); empty without a model."""
        return [{} for _ in architectures]

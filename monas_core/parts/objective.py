"""A minimised or maximised scalar with a name and a unit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value

if TYPE_CHECKING:
    from torch import Tensor

    from monas_core.parts.context import Context
    from monas_core.parts.device import Device
    from monas_core.parts.task import Task
    from monas_core.values.relaxation import Relaxation


class Objective(ABC):
    """One thing to optimise.

    Attributes:
        name: Long name; aliases are in the spec.
        short: Name in tables and files.
        unit: Unit of its values.
        direction: ``min`` or ``max``.
        device_metric: The device cost it reads, or ``None`` when the value is the
            same on every device.
        query: Whether an evaluation costs something worth counting (a forward pass
            over data, a training); free objectives are computed.
        score: Name of the task's score that it is, where it is one: training a network alone
            changes it, and the change is known without asking the objective.
        stands_in: Whether it orders networks in place of a score of the task, so that training
            members of a front alone tells what they are really worth.
        population_relative: Values depend on the other members of a population;
            never cached.
        differentiable: ``relaxed`` is implemented.
    """

    name: ClassVar[str]
    short: ClassVar[str]
    unit: str
    direction: Direction
    device_metric: ClassVar[str | None] = None
    query: ClassVar[bool] = False
    score: str | None = None
    stands_in: ClassVar[bool] = False
    population_relative: ClassVar[bool] = False
    differentiable: ClassVar[bool] = False

    def __init__(self, task: Task | None = None) -> None:  # noqa: B027 - most need nothing
        """Called with the run's task; what is the same for every task may ignore it.

        With ``options=`` where the spec names a class of them, with ``argument=`` for
        ``NAME:ARGUMENT``.
        """

    @abstractmethod
    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """The values of some architectures; ``device`` is given iff ``device_metric`` is set.

        Raises:
            Unavailable: A value cannot be had; never a silent zero.
        """

    def estimate(
        self, architectures: Sequence[Architecture], device: Device | None, context: Context
    ) -> list[Value]:
        """A cheap stand-in for ``evaluate`` during a search; by default the same."""
        return self.evaluate(architectures, device, context)

    def relaxed(
        self, relaxation: Relaxation, devices: Sequence[Device], context: Context
    ) -> Tensor:
        """Expected values ``(D, A)`` of a relaxation on each device, differentiable."""
        raise NotImplementedError(f"objective {self.name} is not differentiable")


def sign(objective: Objective) -> float:
    """Factor that turns values into minimised ones: 1 or -1."""
    return 1.0 if objective.direction == "min" else -1.0

"""What steers a search beside the objectives, and counts nowhere else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from monas_core.parts.objective import Objective
from monas_core.values.front import Points


class Guide(ABC):
    """Numbers about the members of a population that help to choose who survives.

    They may depend on the whole population, as how far a member is from the others does; so they
    are computed anew for every population that is chosen from, and no front, scale or pick ever
    sees them. An optimizer that reads ``problem.guides`` declares ``guided`` in its spec, and a
    guide's spec needs that.

    Attributes:
        name: As given on the command line.
    """

    name: ClassVar[str]

    def check(self, objectives: Sequence[Objective]) -> None:  # noqa: B027 - most need nothing
        """Refuse objectives it cannot work with, before anything starts. Raises UsageError."""

    @abstractmethod
    def columns(self, objectives: Sequence[Objective], points: Points) -> Points:
        """Numbers to minimise beside the objectives, ``(n, G)``.

        Args:
            objectives: What the columns of ``points`` are.
            points: Minimised values of the population that is chosen from, parents and children
                together, ``(n, M)``.
        """

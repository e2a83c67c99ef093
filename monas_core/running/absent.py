"""What stands in for parts of a run that a program handed over and that are not there.

They tell what the run has kept of them, so that its fronts can be shown, picked from and, where
only the search was somebody's own, its networks built. Whatever needs the part itself is
refused with its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Never

import attrs
import torch
from torch import Tensor, nn

from monas_core.catalog.given import entry_of, with_entries
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile, Figure, HardwareEmbedding
from monas_core.parts.loss import Loss
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace, WarmUp
from monas_core.parts.task import Task
from monas_core.parts.trainer import Trainer, TrainingReport
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.record.given_store import PARAMETERS
from monas_core.running.plan import Plan
from monas_core.values.architecture import Architecture, Choice, Condition, Ends
from monas_core.values.choices import ChoiceSet
from monas_core.values.recipe import Recipe
from monas_core.values.value import Split, Value
from monas_core.values.wish import Wish


class Absent:
    """A part that is not there.

    Args:
        kept: What the run keeps of it.
        run: The folder.
    """

    def __init__(self, kept: Mapping[str, Any], run: Path) -> None:
        self.kept, self.run = kept, run
        self.facts: dict[str, Any] = kept["facts"]

    def refuse(self) -> Never:
        """Raise UsageError: the part itself is needed."""
        kind, name = self.kept["kind"], self.kept["name"]
        parameter = PARAMETERS.get(kind, kind)
        raise UsageError(
            f'This needs the {kind} "{name}" (class {self.kept["class"]}), which the program that '
            f"started run {self.run} handed over; hand it in again: "
            f"monas.open_run({str(self.run)!r}, {parameter}=...) in Python."
        )


class AbsentSpace(Absent, SearchSpace):
    """Choices without networks."""

    def __init__(self, kept: Mapping[str, Any], run: Path) -> None:
        super().__init__(kept, run)
        self.name = kept["name"]  # pyright: ignore[reportAttributeAccessIssue]
        self.preset = self.facts["preset"]
        self.modalities = frozenset(self.facts["modalities"])  # pyright: ignore
        self.choices = ChoiceSet(
            self.name, self.facts["version"], [_choice(c) for c in self.facts["choices"]]
        )
        told = dict(self.facts["warm_up"])
        self.warm_up = WarmUp(**{**told, "recipe": Recipe(**told.get("recipe", {}))})

    @classmethod
    def tiny(cls) -> SearchSpace:
        """There is none."""
        raise NotImplementedError

    def build(self, architecture: Architecture, task: Task) -> nn.Module:  # noqa: ARG002
        """Raises UsageError."""
        self.refuse()

    def ends(self) -> Ends:
        """As they were."""
        return Ends(*(self.choices.from_json(end) for end in self.facts["ends"]))


class AbsentObjective(Absent, Objective):
    """A name, a unit and a direction; values are those the run has found."""

    def __init__(self, kept: Mapping[str, Any], run: Path) -> None:
        super().__init__(kept, run)
        for name, value in self.facts.items():
            setattr(self, name, value)

    def evaluate(
        self,
        architectures: Sequence[Architecture],  # noqa: ARG002
        device: Device | None,  # noqa: ARG002
        context: Context,  # noqa: ARG002
        split: Split = "search",  # noqa: ARG002
    ) -> list[Value]:
        """Raises UsageError."""
        self.refuse()


class AbsentDevice(Absent, Device):
    """A profile; costs are those the run has found."""

    available: ClassVar[bool] = False

    def __init__(self, kept: Mapping[str, Any], run: Path) -> None:
        super().__init__(kept, run)
        profile = dict(self.facts["profile"])
        figures = {name: Figure(**figure) for name, figure in profile["figures"].items()}
        self.profile = DeviceProfile(**{**profile, "figures": figures})
        self.metrics = frozenset(self.facts["metrics"])

    def cost(
        self,
        metric: str,  # noqa: ARG002
        architectures: Sequence[Architecture],  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> list[Value]:
        """Raises UsageError."""
        self.refuse()


class AbsentEmbedding(Absent, HardwareEmbedding):
    """Nothing is embedded."""

    def embed(self, device: Device, metrics: Sequence[str], context: Context) -> Tensor:  # noqa: ARG002
        """Raises UsageError."""
        self.refuse()


class AbsentLoss(Absent, Loss):
    """Nothing more is trained."""

    def __init__(self, kept: Mapping[str, Any], run: Path) -> None:
        super().__init__(kept, run)
        self.name = kept["name"]  # pyright: ignore[reportAttributeAccessIssue]

    def per_sample(self, outputs: Any, targets: Any) -> Tensor:  # noqa: ARG002
        """Raises UsageError."""
        self.refuse()

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing."""


class AbsentTrainer(Absent, Trainer):
    """A finished run trains no supernet."""

    @property
    def steps(self) -> int:
        """None."""
        return 0

    @property
    def done(self) -> int:
        """None."""
        return 0

    def start(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:  # noqa: ARG002
        """Raises UsageError."""
        self.refuse()

    def step(self) -> TrainingReport:
        """Raises UsageError."""
        self.refuse()

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing."""


class AbsentOptimizer(Absent, Optimizer):
    """Proposes nothing: the fronts it left are all there is."""

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Nothing."""

    def step(self) -> StepReport:
        """Raises UsageError."""
        self.refuse()

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:  # noqa: ARG002
        """Raises UsageError."""
        self.refuse()

    def predict(
        self,
        device: Device,  # noqa: ARG002
        architectures: Sequence[Architecture],
    ) -> list[Mapping[str, float]]:
        """Nothing is predicted."""
        return [{} for _ in architectures]

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing."""


_KINDS: Mapping[str, type[Absent]] = {
    "space": AbsentSpace,
    "objective": AbsentObjective,
    "device": AbsentDevice,
    "embedding": AbsentEmbedding,
    "loss": AbsentLoss,
    "trainer": AbsentTrainer,
    "optimizer": AbsentOptimizer,
}
_SEARCHED_WITH = ("space", "objective", "device", "embedding", "optimizer")
"""Kinds without which an optimizer cannot be asked anything."""


def completed(catalog: Catalog, missing: Sequence[Mapping[str, Any]], run: Path) -> Catalog:
    """A catalog in which something stands for every missing part, but for a task.

    Raises:
        UsageError: What the run keeps of a part is damaged, or its name is taken meanwhile.
    """
    try:
        entries = [
            entry_of(
                part["kind"],
                _KINDS[part["kind"]](part, run),
                name=part["name"],
                provides=part["provides"],
                needs=part["needs"],
            )
            for part in missing
            if part["kind"] != "task"
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"What run {run} keeps of its parts is damaged: {error!r}.") from error
    return with_entries(catalog, entries)


def without(plan: Plan, missing: Sequence[Mapping[str, Any]], run: Path) -> Plan:
    """The plan as far as it can be used: no supernet without its space, and nobody who proposes
    where a part of the search is missing."""
    kinds = {part["kind"] for part in missing}
    if "space" in kinds:
        plan = attrs.evolve(plan, inherits=False)
    first = next((part for part in missing if part["kind"] in _SEARCHED_WITH), None)
    return plan if first is None else attrs.evolve(plan, optimizer=AbsentOptimizer(first, run))


def require_space(plan: Plan) -> None:
    """Networks can be built. Raises UsageError where the space is not there."""
    if isinstance(plan.space, AbsentSpace):
        plan.space.refuse()


def _choice(kept: Mapping[str, Any]) -> Choice:
    condition = kept["condition"]
    return Choice(**{**kept, "condition": Condition(**condition) if condition else None})

"""A problem small enough to enumerate, with gaps in its table; and optimizers that misbehave."""

from __future__ import annotations

import hashlib
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec
from monas_core.errors import Unavailable, UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective, sign
from monas_core.problem.benchmark import Benchmark
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.testing.fakes import ToyDevice, ToyEnergy, ToyLatency, ToyQuality, ToySpace
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.budget import Budget, Meter
from monas_core.values.front import Points, Scale, non_dominated
from monas_core.values.value import Split, Value
from monas_core.values.wish import Wish


def absent(architecture: Architecture) -> bool:
    """About one architecture in six is in no table."""
    return hashlib.sha256(architecture.key.encode()).digest()[0] % 6 == 0


class GappySpace(ToySpace):
    def available(self, rows: Tensor) -> Tensor:
        there = [not absent(a) for a in population.decode(self.choices, rows)]
        return torch.tensor(there, dtype=torch.bool)

    def references(self) -> list[Architecture]:
        return [a for a in super().references() if not absent(a)]


class GappyQuality(ToyQuality):
    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        if any(absent(a) for a in architectures):
            raise Unavailable("not in the table")
        return super().evaluate(architectures, device, context, split)


class ToyContest(Benchmark):
    name: ClassVar[str] = "toy"

    def __init__(self, data: Path) -> None:
        if not (data / "toy.txt").is_file():
            raise UsageError(f"{data / 'toy.txt'} is missing.")
        self.space = GappySpace()
        self.objectives: tuple[Objective, ...] = (GappyQuality(), ToyLatency())
        powers = {"toy-a": 1.5, "toy-b": 0.8, "toy-c": 1.2, "toy-d": 2.0}
        self.devices: Mapping[str, Device] = {
            name: ToyDevice(name, power=power) for name, power in powers.items()
        }
        self.search_devices = ("toy-a", "toy-b")
        self.held_out = ("toy-c",)

    def everything(self, device: Device) -> Points:
        meter = Meter(Budget(1, "steps"))
        evaluator = Evaluator(Context(self.space), self.objectives, meter)
        pool = [a for a in self.space.choices.enumerate() if not absent(a)]
        columns = [
            [sign(o) * v.value for v in evaluator.values(o, pool, device, "final")]
            for o in self.objectives
        ]
        return torch.tensor(columns, dtype=torch.float64).T.numpy()

    def scale(self, device: Device) -> Scale:
        points = self.everything(device)
        return Scale(points.min(axis=0).tolist(), points.max(axis=0).tolist(), reference=1.0)

    def true_front(self, device: Device) -> Points | None:
        points = self.everything(device)
        return points[non_dominated(points)]

    def facts(self) -> Mapping[str, Any]:
        return {"rows": 65, "error of the latency": 0.0}


class OpenContest(ToyContest):
    """The same, were its front unknown."""

    name: ClassVar[str] = "toy-open"
    reference_search: ClassVar[str | None] = "random"

    def true_front(self, device: Device) -> Points | None:
        return None


class ThreeContest(ToyContest):
    """Three objectives."""

    name: ClassVar[str] = "toy-three"

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.objectives = (GappyQuality(), ToyLatency(), ToyEnergy())


class Sinner(Optimizer):
    """Queries like anyone, and breaks one rule."""

    def __init__(self, sin: str) -> None:
        self.sin = sin

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        self.problem = problem
        rows = problem.draw(60, generator)
        self.pool = population.decode(problem.choices, rows)
        self.asked: list[str] = []
        if self.sin == "crashes":
            raise ZeroDivisionError("oh")

    def step(self) -> StepReport:
        quality = self.problem.objectives[0]
        done = self.problem.meter.evaluations
        count = 6 if self.sin == "overspends" and done else 4
        split: Split = "final" if self.sin == "peeks" else "search"
        self.problem.evaluator.values(quality, self.pool[done : done + count], None, split)
        if self.sin == "dawdles":
            time.sleep(0.3)
        if self.sin == "interrupts" and Path("interrupt").exists():
            signal.raise_signal(signal.SIGINT)
        if self.sin == "asks for gaps":
            gaps = [a for a in self.problem.choices.enumerate() if absent(a)]
            self.problem.evaluator.values(quality, gaps[:1], None)
        return StepReport("sinning")

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        raise NotImplementedError

    def portfolio(self, device: Device, size: int, wishes: Sequence[Wish]) -> list[Architecture]:
        known = self.problem.evaluator.queried()
        latency = self.problem.objectives[1]
        self.asked.append(device.name)
        match self.sin:
            case "repeats":
                return [known[0], known[0]]
            case "talks too much":
                return self.pool[: size + 1]
            case "says nothing":
                return []
            case "makes things up":
                return [a for a in self.problem.choices.enumerate() if absent(a)][:1]
            case "queries late":
                self.problem.evaluator.values(self.problem.objectives[0], self.pool[-2:], None)
            case "asks everything":
                self.problem.evaluator.values(latency, known, device)
            case _:
                pass
        return known[:size]

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        del state


SINS = (
    "overspends", "peeks", "crashes", "repeats", "talks too much", "says nothing",
    "makes things up", "queries late", "asks for gaps", "asks everything", "dawdles", "interrupts",
    "none",
)  # fmt: skip


@hookimpl
def monas_benchmarks() -> list[Spec]:
    return [
        Spec(name="toy", summary="Enumerated.", factory="toy_contest:ToyContest"),
        Spec(name="toy-three", summary="Three.", factory="toy_contest:ThreeContest"),
        Spec(name="toy-open", summary="Not enumerated.", factory="toy_contest:OpenContest"),
    ]


@hookimpl
def monas_optimizers() -> list[Spec]:
    sinners = [
        Spec(
            name=f"sinner-{sin.replace(' ', '-')}",
            summary=f"An optimizer that {sin}.",
            factory="toy_contest:Sinner",
            settings={"sin": sin},
            provides={"zero-shot"} if sin in ("asks everything", "none") else (),
        )
        for sin in SINS
    ]
    needy = Spec(
        name="needy",
        summary="Wants a supernet.",
        factory="toy_contest:Sinner",
        needs={"supernet"},
        settings={"sin": "none"},
    )
    return [*sinners, needy]

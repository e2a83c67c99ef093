"""Bayesian optimisation: model, choose a batch for one device, evaluate, next device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from monas_bayes.answers import covering
from monas_bayes.candidates import Candidates
from monas_bayes.goals import Chebyshev, Goal, Hypervolume, NoisyHypervolume
from monas_bayes.options import Options
from monas_bayes.outlook import Outlook
from monas_bayes.surrogate import Surrogate
from monas_core.errors import UsageError
from monas_core.parts.description import Description
from monas_core.parts.device import Device
from monas_core.problem.feasibility import admitted, free_misses, total_misses
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.seeding import derived_generator, seeded_construction
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint, holding
from monas_core.values.wish import Wish, shared_limits

_PORTFOLIO_SEED = 0
"""Answers follow from what is known alone: asking twice gives the same."""
_MOST_UNSEEN = 24
"""Architectures of a portfolio that may be named without having been evaluated."""
_LARGEST_BATCH = 12
"""Of qEHVI, whose effort doubles with every member of a batch."""


class Bayesian(Optimizer):
    """Gaussian process on queried objectives, known costs, one device per batch in turns.

    What is evaluated for one device is known to all: a quality value serves every device.
    """

    goal: ClassVar[type[Goal]]

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem. Raises UsageError if no objective is queried: there is no doubt."""
        if not any(objective.query for objective in problem.objectives):
            names = ", ".join(objective.short for objective in problem.objectives)
            raise UsageError(
                f"Bayesian optimisation models objectives that cost a query, and {names} cost "
                "none; add one that is evaluated (a quality), or choose another optimizer."
            )
        self._problem = problem
        self._generator = generator
        description = Description(problem.context.space) if self.options.described else None
        self._surrogate = Surrogate(problem.choices, self.options.fit_steps, description)
        self._candidates = Candidates(problem, self.options.pool)
        self._rows = torch.empty(0, len(problem.choices), dtype=torch.int64)
        self._turn = 0

    def step(self) -> StepReport:
        """Evaluate one batch: random ones first, then what the model recommends."""
        missing = self._initial() - len(self._rows)
        if missing > 0:
            self._admit(self._problem.devices, self._problem.limits)
            rows = self._candidates.random(self._room(missing), self._generator)
        else:
            seed = int(torch.randint(2**31 - 1, (), generator=self._generator))
            with seeded_construction(seed):  # whatever BoTorch draws without being asked
                rows = self._recommended(self._room(self.options.batch))
            self._turn += 1
        if len(rows) == 0:
            return StepReport("exhausted", finished=True)
        self._evaluate(rows)
        return StepReport("sampling" if missing > 0 else "searching")

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The best known architecture for each wish."""
        return best_known(self._problem, self._known(), device, wishes)

    def portfolio(self, device: Device, size: int, wishes: Sequence[Wish]) -> list[Architecture]:
        """The evaluated front, and in places left over what the model expects to widen it."""
        known = self._known()
        points = self._problem.evaluator.matrix(known, device).numpy()
        limits = holding(shared_limits(wishes), device.name)
        allowed = admitted(total_misses(self._problem.objectives, limits, points))
        chosen = [known[allowed[index]] for index in covering(points, size, allowed)]
        left = size - len(chosen)
        if left and len(self._rows):
            # NAS-Bench-201, 120 queries, 4 seeds: 0.9911 of the true hypervolume, 0.9891 without
            generator = derived_generator(_PORTFOLIO_SEED, "portfolio")
            goal = NoisyHypervolume if points.shape[1] > 1 else Chebyshev
            with seeded_construction(_PORTFOLIO_SEED):
                self._admit([device], limits)
                outlook = self._outlook(device, limits, fit=False)
                count = min(left, _MOST_UNSEEN)
                aim = goal(outlook, count, self._draws, generator)
                rows = self._best(aim, generator, quick=points.shape[1] > 2)
            if self._candidates.admits is not None and len(rows):
                rows = rows[self._candidates.admits(rows)]
            chosen += self._candidates.decode(rows)
        return chosen

    def state_dict(self) -> dict[str, Any]:
        """What was evaluated, whose turn it is, generator and hyperparameters."""
        return {
            "rows": self._rows,
            "turn": self._turn,
            "generator": self._generator.get_state(),
            "hyperparameters": dict(self._surrogate.hyperparameters),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._generator.set_state(state["generator"])
        self._turn = state["turn"]
        self._rows = state["rows"]
        self._candidates.take(self._rows)
        self._surrogate.hyperparameters = dict(state["hyperparameters"])

    @property
    def _draws(self) -> int:
        return self.options.draws(len(self._problem.objectives))

    def _initial(self) -> int:
        if self.options.initial_queries is not None:
            return self.options.initial_queries
        count = 2 * (len(self._problem.choices) + 1)
        budget = self._problem.meter.budget
        return (
            min(count, max(2, int(budget.amount) // 3)) if budget.unit == "evaluations" else count
        )

    def _room(self, wanted: int) -> int:
        """How many may be evaluated in this step."""
        meter = self._problem.meter
        count = min(wanted, self.options.batch)
        return min(count, max(1, int(meter.left))) if meter.budget.unit == "evaluations" else count

    def _known(self) -> list[Architecture]:
        choices = self._problem.choices
        # stopped before the first step: the two ends are all there is
        rows = self._rows if len(self._rows) else self._problem.ends
        return population.decode(choices, rows)

    def _evaluate(self, rows: Tensor) -> None:
        architectures = population.decode(self._problem.choices, rows)
        for objective in self._problem.objectives:
            if objective.query:
                self._problem.evaluator.values(objective, architectures, self._problem.devices[0])
        self._rows = torch.cat([self._rows, rows])
        self._candidates.take(rows)

    def _admit(self, devices: Sequence[Device], limits: Sequence[Constraint]) -> None:
        """Look only at what may meet the limits of one of the devices; costs are known."""
        if not limits:
            self._candidates.admits = None
            return

        def admits(rows: Tensor) -> Tensor:
            found = self._candidates.decode(rows)
            own = [(device, holding(limits, device.name)) for device in devices]
            missed = [free_misses(self._problem, found, d, on_device) for d, on_device in own]
            return torch.from_numpy(np.min(missed, axis=0) == 0.0)

        self._candidates.admits = admits

    def _outlook(self, device: Device, limits: Sequence[Constraint], *, fit: bool) -> Outlook:
        """What is known and believed about a device, after a refit or with what was fitted."""
        problem = self._problem
        points = problem.evaluator.matrix(self._known(), device)
        known, own = (self._rows, points), holding(limits, device.name)
        outlook = Outlook(problem, device, self._surrogate, self._candidates.decode, known, own)
        queried = [index for index, o in enumerate(problem.objectives) if o.query]
        learn = self._surrogate.fit if fit else self._surrogate.condition
        learn(outlook.inputs(self._rows), points[:, queried])
        return outlook

    def _recommended(self, count: int) -> Tensor:
        """The batch ``(count, C)`` for the device whose turn it is; fewer at the very end."""
        devices = self._problem.devices
        device, limits = devices[self._turn % len(devices)], self._problem.limits
        self._admit([device], self._problem.limits_on(device))
        outlook = self._outlook(device, limits, fit=True)
        # of one objective there is no hypervolume, only its improvement
        kind = Chebyshev if len(self._problem.objectives) == 1 else self.goal
        goal = kind(outlook, count, self._draws, self._generator)
        return self._best(goal, self._generator)

    def _best(self, goal: Goal, generator: torch.Generator, *, quick: bool = False) -> Tensor:
        """The rows that serve a goal best."""
        outlook = goal.outlook

        def judge(rows: Tensor) -> Tensor:
            inputs = outlook.inputs(rows)
            gains = goal.gains(inputs)
            # expected gain within the limits (Gardner et al., ICML 2014): gain times chance
            return gains * outlook.chance(inputs)[:, None] if outlook.limits else gains

        rows = self._candidates.promising(outlook.front_rows, judge, generator)
        if outlook.limits and len(rows):
            chance = outlook.chance(outlook.inputs(rows))
            rows = rows[chance >= 0.5 * chance.max()]
        if len(rows) <= goal.count:
            return rows
        inputs = outlook.inputs(rows)
        if quick:  # decomposing a box per draw and member takes minutes for three objectives
            return rows[goal.shortlist(inputs, goal.count)[: goal.count]]
        listed = goal.shortlist(inputs, self.options.shortlist)
        return rows[listed[goal.pick(inputs[listed])]]


class QNEHVI(Bayesian):
    """Noisy expected hypervolume improvement."""

    goal = NoisyHypervolume


class QEHVI(Bayesian):
    """Expected hypervolume improvement."""

    goal = Hypervolume

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        if self.options.batch > _LARGEST_BATCH:
            raise UsageError(
                f"options.optimizer.batch of qehvi must be at most {_LARGEST_BATCH}, got "
                f"{self.options.batch}: its effort doubles with each member; or use qnehvi."
            )


class QNParEGO(Bayesian):
    """Expected improvement of random scalarisations."""

    goal = Chebyshev

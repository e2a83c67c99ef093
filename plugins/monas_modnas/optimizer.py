"""MODNAS (arXiv 2402.18213): one run, a front for every device.

Deviations from the released method, with the measurements behind them, are in
docs/decisions/: a predictor fitted to evaluated subnets judges quality during
architecture steps, scalarisation is a smooth Chebyshev, answers are refined
locally, and proposals are evaluated in rounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.device import Device
from monas_core.parts.objective import sign
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.problem.yardstick import reference_sample
from monas_core.seeding import seeded_construction
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.wish import Wish, by_limits, shared_limits
from monas_modnas.answers import Answers
from monas_modnas.architect import Architect
from monas_modnas.costs import split_objectives
from monas_modnas.hypernetwork import HYPERNETWORKS
from monas_modnas.judge import Judge
from monas_modnas.landscape import Landscape
from monas_modnas.options import Options
from monas_modnas.prices import Prices
from monas_modnas.supernet_quality import SupernetQuality
from monas_modnas.weight_learning import WeightLearning

_CHUNK = 25
"""Hypernetwork steps per unit of work: stopping stays immediate."""
_QUERY_CHUNK = 8
_FEWEST_QUERIES = 48
"""Evaluated before anything is learnt, however slow evaluations are."""
_FIT_STEPS = 400
_PROCESS_STEPS = 60


class MODNAS(Optimizer):
    """Rounds of: evaluate architectures, fit the predictors, train the hypernetwork."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem and build everything that learns."""
        self._problem = problem
        self._generator = generator
        self._queried, _ = split_objectives(problem.objectives)
        if self.options.quality == "supernet" and len(self._queried) > 1:
            raise UsageError(
                "options.optimizer.quality=supernet stands for the loss of the task alone, but "
                f"{len(self._queried)} objectives are queried; use quality=predictor."
            )
        seed = int(torch.randint(2**31, (), generator=generator))
        # the sample that hypervolumes are scaled by: its costs are known already
        sample = reference_sample(problem.context.space)[: self.options.cost_samples]
        rows = population.encode(problem.choices, sample)
        self._sample = rows[problem.available(rows)]
        with seeded_construction(seed):
            self._landscape = Landscape(problem, self._sample)
            network = HYPERNETWORKS[self.options.hypernetwork](
                problem.choices,
                len(problem.objectives),
                problem.embed(problem.devices[:1]).shape[1],
                self.options.hidden,
            )
        self._prices = Prices(problem, self._landscape.cost)
        self._judge = Judge(problem, self._landscape, self._prices, self._sample)
        self.answers = Answers(problem, self._judge, network, self.options)
        self._architect = Architect(
            network, problem.choices, len(problem.objectives), self._landscape,
            attrs.evolve(
                self.options, learning_rate=problem.context.rate_factor * self.options.learning_rate
            ),
        )  # fmt: skip
        self._rows = torch.empty(0, len(problem.choices), dtype=torch.int64)
        self._values = torch.empty(0, len(self._queried))
        self._pending = self._initial_design()
        self._stage, self._left, self._round = "costs", 0, 0
        self._stale = True
        self._supernet_quality: SupernetQuality | None = None
        together = self.options.weights == "together"
        self._weight_learning = WeightLearning(problem.context, generator) if together else None

    def _initial_design(self) -> Tensor:
        count = self._limited(self.options.initial_queries, self.options.initial_share, least=4)
        ends = self._problem.ends
        ends = ends[self._problem.available(ends)]
        # limits are left to the rounds: a predictor that has seen networks outside them, too, finds
        # better ones inside (decision 12)
        drawn = self._problem.draw(count, self._generator)
        return population.unique_rows(torch.cat([ends, drawn]))[:count]

    def _limited(self, count: int, share: float, least: int) -> int:
        """At most a share of a budget of evaluations, though never fewer than ``least``."""
        budget = self._problem.meter.budget
        if budget.unit != "evaluations":
            return count
        return min(count, max(least, int(share * budget.amount)))

    # -- one unit of work -------------------------------------------------------------

    def step(self) -> StepReport:
        """Do the next unit of the current stage."""
        return getattr(self, f"_step_{self._stage}")()

    def _step_costs(self) -> StepReport:
        loss = self._landscape.fit_costs(self._sample, self._prices, _FIT_STEPS, self._generator)
        self._stage = "queries" if self._queried else "quality"
        return StepReport("fitting costs", {"cost fit": loss})

    def _step_queries(self) -> StepReport:
        batch, self._pending = self._pending[:_QUERY_CHUNK], self._pending[_QUERY_CHUNK:]
        self._query(batch)
        early = (
            self._round == 0
            and len(self._rows) >= _FEWEST_QUERIES
            and self._problem.meter.fraction > self.options.initial_share
        )
        if len(self._pending) == 0 or early:
            self._stage = "quality"
        return StepReport("querying")

    def _step_quality(self) -> StepReport:
        loss = self._fit_quality()
        self._stage = "learning"
        self._left = self.options.first_steps if self._round == 0 else self.options.steps_per_round
        return StepReport("fitting quality", {"quality fit": loss})

    def _step_learning(self) -> StepReport:
        targets = self.answers.limits.bounded(self._landscape.targets(self._problem.devices))
        features = self._landscape.cost.device_scale(targets.embedding)
        report: dict[str, float] = {}
        for _ in range(min(_CHUNK, self._left)):
            report = self._architect.step(
                targets,
                features,
                self._problem.meter.fraction,
                self._generator,
                self._quality_loss(),
            )
            if self._weight_learning is not None:
                row = self._architect.typical_row(features, self._generator)
                report["supernet"] = self._weight_learning.step(row)
        self._left -= _CHUNK
        if self._left <= 0:
            self._stage = "proposing"
        return StepReport("learning", report)

    def _step_proposing(self) -> StepReport:
        self._round += 1
        self._pending = self._proposals()
        self._left = self.options.steps_per_round
        self._stage = "queries" if len(self._pending) else "learning"
        # with everything near the fronts evaluated, a budget of evaluations would never end
        counted = self._problem.meter.budget.unit == "evaluations"
        return StepReport("proposing", finished=counted and len(self._pending) == 0)

    # -- parts of the units -----------------------------------------------------------

    def _query(self, rows: Tensor) -> None:
        """Evaluate queried objectives of a population and remember them."""
        architectures = population.decode(self._problem.choices, rows)
        found = [
            [sign(o) * v.value for v in self._problem.evaluator.values(o, architectures, None)]
            for o in self._queried
        ]
        self._rows = torch.cat([self._rows, rows])
        self._values = torch.cat([self._values, torch.tensor(found).T.reshape(len(rows), -1)])
        self._stale = True

    def _fit_quality(self) -> float:
        self._stale = False
        if not self._queried:
            return 0.0
        steps = _PROCESS_STEPS if self._round == 0 else _PROCESS_STEPS // 4
        return self._landscape.fit_quality(self._rows, self._values, steps)

    def _quality_loss(self) -> SupernetQuality | None:
        if self.options.quality == "predictor" or not self._queried:
            return None
        if self._supernet_quality is None:
            self._supernet_quality = self._from_supernet()
            self._supernet_quality.calibrate()
        return self._supernet_quality

    def _from_supernet(self) -> SupernetQuality:
        return SupernetQuality(self._problem.context, self.options.supernet_batch, self._generator)

    def _proposals(self) -> Tensor:
        """The next rows to query, for the fronts of all search devices."""
        if not self._queried:
            return self._rows[:0]
        count = self._limited(self.options.queries_per_round, self.options.round_share, least=1)
        if self._problem.meter.budget.unit == "evaluations":
            count = min(count, int(self._problem.meter.left))
        return self.answers.worth_a_query(count, self._rows, self._generator)

    # -- the answer -------------------------------------------------------------------

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The architecture judged best for each wish, of those bred for the device."""
        self._refresh()
        vectors = torch.tensor([wish.vector for wish in wishes])
        found = self._rows.new_empty(len(wishes), len(self._problem.choices))
        for limits, places in by_limits(wishes).items():
            found[places] = self.answers.wished(device, vectors[places], self._rows, limits)
        return self._decoded(found)

    def portfolio(self, device: Device, size: int, wishes: Sequence[Wish]) -> list[Architecture]:
        """Those that together have the largest predicted hypervolume."""
        self._refresh()
        limits = shared_limits(wishes)
        return self._decoded(self.answers.portfolio(device, size, self._rows, limits))

    def predict(
        self, device: Device, architectures: Sequence[Architecture]
    ) -> list[Mapping[str, float]]:
        """Predicted objectives in their own units."""
        self._refresh()
        rows = population.encode(self._problem.choices, architectures)
        return self._judge.natural(rows, device)

    def _decoded(self, rows: Tensor) -> list[Architecture]:
        return population.decode(self._problem.choices, rows)

    def _refresh(self) -> None:
        """Bring the predictors up to date with everything evaluated."""
        if self._stage == "costs":
            self._step_costs()
        if self._stale and len(self._rows):
            self._fit_quality()

    def state_dict(self) -> dict[str, Any]:
        """Networks, predictors, normalisers, data, stage and generator."""
        return {
            "landscape": dict(self._landscape.state_dict()),
            **self._architect.state_dict(),
            "generator": self._generator.get_state(),
            "tensors": [self._sample, self._rows, self._values, self._pending, self.answers.bred],
            "stage": [self._stage, self._left, self._round, self._stale],
            "supernet_scale": self._supernet_quality and self._supernet_quality.scale,
            "weight_learning": self._weight_learning and self._weight_learning.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._landscape.load_state_dict(state["landscape"])
        self._architect.load_state_dict(state)
        self._generator.set_state(state["generator"])
        self._sample, self._rows, self._values, self._pending, self.answers.bred = state["tensors"]
        self._stage, self._left, self._round, self._stale = state["stage"]
        self._landscape.settle(self._sample)
        if self._weight_learning is not None:
            self._weight_learning.load_state_dict(state["weight_learning"])
        if state["supernet_scale"] is not None:
            self._supernet_quality = self._from_supernet()
            self._supernet_quality.scale = state["supernet_scale"]

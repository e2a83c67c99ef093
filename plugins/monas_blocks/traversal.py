"""Search by blocks: every path of every block is judged, then the best ones are joined.

Li et al., CVPR 2020 (arXiv 1911.13053), section 3.4, find the best network under a limit by
traversing lists of paths sorted by rating. Deviation: the whole front is had at once, by joining
the non-dominated paths of one block after the other; a limit then selects from it. Both are exact
where values are sums over blocks, as ``rating``, parameters and FLOPs are; of other objectives
the sum is the effect of each block's change in a base network, and costs of answers are
checked by the real ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from monas_blocks.merging import merged
from monas_blocks.options import TraversalOptions
from monas_blocks.paths import Setting, settings
from monas_blocks.supervision import blocks_of
from monas_core.parts.device import Device
from monas_core.parts.objective import sign
from monas_core.problem.feasibility import admitted, free_misses, total_misses
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.problem.selection import choose
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint, holding
from monas_core.values.front import Points, Scale, non_dominated
from monas_core.values.wish import Wish, by_limits

Joined = tuple[Points, Tensor]
"""Values ``(n, M)`` and rows ``(n, C)`` of what may be answered."""


class BlockTraversal(Optimizer):
    """Judges paths in a fixed random order, the base of every setting first, until all are known.

    Args:
        options: See ``TraversalOptions``.
    """

    def __init__(self, options: TraversalOptions | None = None) -> None:
        self.options = options or TraversalOptions()

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem and list what is to be judged."""
        self._problem, options = problem, self.options
        most = (options.settings, options.paths)
        names = blocks_of(problem.context).blocks
        self._settings = settings(problem.choices, names, problem.ends, most, generator)
        bases = torch.stack([setting.base for setting in self._settings])
        paths = torch.cat([rows for setting in self._settings for rows in setting.paths])
        shuffled = paths[torch.randperm(len(paths), generator=generator)]
        wanted = population.unique_rows(torch.cat([bases, shuffled]))
        self._wanted = wanted[problem.available(wanted)]
        self._done = 0
        self._joined: dict[tuple[str, int, tuple[int, ...]], Joined] = {}

    def step(self) -> StepReport:
        """Judge some paths."""
        meter, batch = self._problem.meter, self.options.batch
        if meter.budget.unit == "evaluations":
            batch = min(batch, max(1, int(meter.left)))
        rows = self._wanted[self._done : self._done + batch]
        found = population.decode(self._problem.choices, rows)
        for objective in self._problem.objectives:
            if objective.query and found:
                self._problem.evaluator.values(objective, found, None)
        self._done += len(rows)
        left = len(self._wanted) - self._done
        return StepReport("judging paths", {"left": float(left)}, finished=left == 0)

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The best joined architecture for each wish; real costs decide whether it meets limits."""
        found: dict[int, Architecture] = {}
        for limits, positions in by_limits(wishes).items():
            own = holding(limits, device.name)
            asked = [wishes[position] for position in positions]
            found |= dict(zip(positions, self._answers(device, own, asked), strict=True))
        return [found[position] for position in range(len(wishes))]

    def state_dict(self) -> dict[str, Any]:
        """How much is judged; what came of it is known to the evaluator."""
        return {"done": self._done}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._done = int(state["done"])

    def _answers(
        self, device: Device, limits: Sequence[Constraint], asked: Sequence[Wish]
    ) -> list[Architecture]:
        points, rows = self._join(device, limits)
        vectors = np.array([wish.vector for wish in asked])
        objectives, choices = self._problem.objectives, self._problem.choices
        while len(points):
            total = total_misses(objectives, limits, points)
            kept = admitted(total)
            kept = kept[non_dominated(points[kept])]
            front = points[kept]
            scaled = Scale(front.min(axis=0).tolist(), front.max(axis=0).tolist()).apply(front)
            chosen = kept[choose(scaled, vectors)]
            distinct = np.unique(chosen)
            found = population.decode(choices, rows[torch.from_numpy(distinct)])
            missed = free_misses(self._problem, found, device, limits) > 0.0
            if total.min() > 0.0 or not missed.any():
                return population.decode(choices, rows[torch.from_numpy(chosen)])
            # sums said that they meet the limits, and they do not
            left = np.setdiff1d(np.arange(len(points)), distinct[missed])
            points, rows = points[left], rows[torch.from_numpy(left)]
        known = population.decode(choices, self._wanted[: self._done])
        return best_known(self._problem, known, device, asked)

    def _join(self, device: Device, limits: Sequence[Constraint]) -> Joined:
        """What is worth answering with on a device, under limits of these kinds."""
        objectives = self._problem.objectives
        # where more of something may be wanted too, nothing is dominated by having less of it
        both = {c.objective for c in limits if c.kind != _harmless(c, self._problem)}
        columns = tuple(i for i, o in enumerate(objectives) if o.short in both)
        key = (device.name, self._done, columns)
        if key not in self._joined:
            parts = [self._joined_in(s, device, columns) for s in self._judged()]
            points = np.concatenate([np.empty((0, len(objectives))), *(p for p, _ in parts)])
            rows = torch.cat([self._wanted[:0], *(r for _, r in parts)])
            kept = np.flatnonzero(non_dominated(_doubled(points, columns)))
            self._joined[key] = points[kept], rows[torch.from_numpy(kept)]
        return self._joined[key]

    def _judged(self) -> list[Setting]:
        """Settings whose base is known, with the paths that are."""
        known = set(map(tuple, self._wanted[: self._done].tolist()))

        def part(rows: Tensor) -> Tensor:
            return rows[torch.tensor([tuple(row) in known for row in rows.tolist()])]

        judged = [s for s in self._settings if tuple(s.base.tolist()) in known]
        return [Setting(s.base, tuple(part(rows) for rows in s.paths)) for s in judged]

    def _joined_in(self, setting: Setting, device: Device, columns: tuple[int, ...]) -> Joined:
        choices = self._problem.choices
        every = torch.cat([setting.base[None], *setting.paths])
        values = self._values(population.decode(choices, every), device)
        wide = _doubled(values, columns)
        changes, start = list[Points](), 1
        for rows in setting.paths:
            changes.append(wide[start : start + len(rows)] - wide[0])
            start += len(rows)
        points, picks = merged(wide[0], changes)
        rows = setting.base.repeat(len(points), 1)
        for block, paths in enumerate(setting.paths):
            taken = paths[torch.from_numpy(picks[:, block])]
            rows = torch.where(taken != setting.base, taken, rows)
        return points[:, : values.shape[1]], population.canonical(choices, rows)

    def _values(self, architectures: Sequence[Architecture], device: Device) -> Points:
        """Minimised values; costs by estimate, quality as it was judged, ``(n, M)``."""
        evaluator = self._problem.evaluator
        found: list[list[float]] = []
        for objective in self._problem.objectives:
            if objective.query:
                values = evaluator.values(objective, architectures, None)
            else:
                values = evaluator.estimates(objective, architectures, device)
            found.append([sign(objective) * value.value for value in values])
        return np.array(found).T.reshape(len(architectures), len(found))


def _doubled(points: Points, columns: tuple[int, ...]) -> Points:
    """With some columns a second time, the other way round."""
    return np.concatenate([points, -points[:, list(columns)]], axis=1)


def _harmless(limit: Constraint, problem: Problem) -> str:
    """The kind of limit that who is better in the limited objective meets all the more."""
    raised = any(o.short == limit.objective and sign(o) < 0 for o in problem.objectives)
    return "min" if raised else "max"

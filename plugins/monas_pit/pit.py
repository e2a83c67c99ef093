"""PIT: one network, pruned while it is trained, once for every strength of a sweep.

Risso et al., "Lightweight Neural Architecture Search for Temporal Convolutional Networks at the
Edge", arXiv 2301.10281.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import torch
from torch import Tensor

from monas_core.errors import Diverged
from monas_core.parts.device import Device
from monas_core.parts.gated import GatedSupernet
from monas_core.parts.soundness import check_outputs
from monas_core.problem.evaluated import Evaluated
from monas_core.problem.feasibility import free_misses
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.seeding import seeded_construction
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint
from monas_core.values.wish import Wish
from monas_pit.options import PITOptions
from monas_pit.pruning import Aim, Lengths, Material, Pruning
from monas_pit.sweep import Sweep

AT_ONCE = 10
"""Training steps in one step of the search."""
_TIMED = 3
"""Steps of the search after which a budget of seconds is turned into training steps."""
_SIZES = {"params": ("weights", 1.0), "flops": ("operations", 2.0)}
"""Size of the gates by short name of an objective, and what one of it counts there."""
_RANDOM, _FITTING = 8, 4
"""Architectures evaluated at once when nothing is left to prune, and for each limited device."""
_POOL = 256
_CHECKED = 32
"""Samples that a network must have finite answers to."""


class PIT(Optimizer):
    """Warms the largest network up, then prunes it anew for every strength.

    Networks keep the channels and weights they end with (``Problem.deposit``). Limits on the
    number of weights or operations are aimed at with multipliers; for limits on other costs,
    random architectures that meet them are evaluated with inherited weights.
    """

    def __init__(self, options: PITOptions | None = None) -> None:
        self.options = options or PITOptions()

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem and a copy of its supernet; nothing is trained yet."""
        self._problem, self._generator = problem, generator
        self._known = Evaluated(problem)
        options, given = self.options, problem.context.require_supernet()
        assert isinstance(given, GatedSupernet)
        space, task = problem.context.space, problem.context.require_task()
        factor = problem.context.rate_factor
        with seeded_construction(0):
            own = space.supernet(task).to(problem.torch_device)
        own.load_state_dict(given.state_dict())
        assert isinstance(own, GatedSupernet)
        self._material = Material(
            supernet=own,
            task=task,
            place=problem.torch_device,
            batch=options.batch or space.warm_up.batch_size,
            learning_rate=factor * (options.learning_rate or space.warm_up.learning_rate),
            gate_rate=factor * options.gate_rate,
            multiplier_rate=options.multiplier_rate,
        )
        self._seed = int(torch.randint(2**31, (), generator=generator))
        self._sweep = Sweep(options.weakest, options.strongest, options.strengths)
        self._limits = self._size_limits()
        self._aimed = 0
        self._lengths: Lengths | None = None
        self._warming: Pruning | None = None
        self._pruning: Pruning | None = None
        self._aim: Aim | None = None
        self._warm: dict[str, Tensor] | None = None

    def step(self) -> StepReport:
        """Some training steps of the network at hand, or what is evaluated beside."""
        if len(self._known) == 0:
            return self._begin()
        if self._warm is None:
            return self._warm_up()
        if self._pruning is None and not self._take_up():
            return self._fill()
        return self._train()

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The best evaluated architecture for each wish."""
        return best_known(self._problem, self._known.architectures, device, wishes)

    def state_dict(self) -> dict[str, Any]:
        """What is known, the sweep, and the training at hand with its masks."""
        at_hand = self._warming or self._pruning
        lengths = self._lengths
        aim = self._aim
        return {
            "generator": self._generator.get_state(),
            "rows": self._known.rows,
            "sweep": self._sweep.state_dict(),
            "aimed": self._aimed,
            "lengths": lengths and attrs.asdict(lengths),
            "warm": self._warm,
            "aim": aim and [aim.strength, self._aimed - 1 if aim.limit else -1],
            "at hand": at_hand and at_hand.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._generator.set_state(state["generator"])
        self._known.restore(state["rows"])
        self._sweep.load_state_dict(state["sweep"])
        self._aimed = state["aimed"]
        self._lengths = Lengths(**state["lengths"]) if state["lengths"] else None
        self._warm = dict(state["warm"]) if state["warm"] is not None else None
        if state["aim"] is not None:
            strength, limit = state["aim"]
            self._aim = self._aim_at(limit) if limit >= 0 else Aim(strength, self.options.size)
            self._pruning = self._fresh(self._aim)
        elif state["at hand"] is not None:
            self._warming = self._fresh(Aim(0.0, self.options.size))
        at_hand, saved = self._warming or self._pruning, state["at hand"]
        if at_hand is not None and saved is not None:
            at_hand.load_state_dict(saved)

    def _begin(self) -> StepReport:
        """Evaluate the ends, and what meets limits that masks cannot aim at."""
        rows = [self._problem.ends]
        if self._problem.limits:
            pool = self._problem.draw(_POOL, self._generator)
            found = population.decode(self._problem.choices, pool)
            for device in self._problem.devices:
                missed = free_misses(self._problem, found, device)
                order = torch.from_numpy(np.argsort(missed, kind="stable"))
                rows.append(pool[order[:_FITTING]])
        wanted = torch.cat(rows)
        self._known.add(wanted, len(wanted))
        return StepReport("ends")

    def _warm_up(self) -> StepReport:
        """Train the largest network; then keep its weights for every strength."""
        if self._warming is None:
            self._warming = self._fresh(Aim(0.0, self.options.size))
        warming, loss = self._warming, 0.0
        lengths = self._planned(warming.done)
        for _ in range(min(AT_ONCE, lengths.warm_up - warming.done)):
            loss = warming.warm()
        if warming.done >= lengths.warm_up:
            self._lengths = lengths
            self._warm = {n: v.clone() for n, v in self._material.supernet.state_dict().items()}
            self._warming = None
        return StepReport("warm-up", {"loss": loss})

    def _planned(self, done: int) -> Lengths:
        """The lengths that the budget leaves time for.

        A budget of seconds is known in steps once some were taken; until then all are planned.
        """
        options, meter = self.options, self._problem.meter
        count = options.strengths + len(self._limits)
        total = options.warm_up + count * (options.masks + options.tuning)
        room = float(total)
        if meter.budget.unit == "steps":
            room = AT_ONCE * max(1.0, meter.budget.amount - 2 - count)
        elif meter.budget.unit == "seconds" and done >= _TIMED * AT_ONCE:
            room = done / max(1e-9, meter.seconds) * meter.budget.amount
        share = min(1.0, room / total)
        if meter.budget.unit == "seconds" and done < _TIMED * AT_ONCE:
            return Lengths(max(options.warm_up, done + 1), options.masks, options.tuning)
        masks = max(1, int(share * options.masks))
        return Lengths(
            int(share * options.warm_up), masks, int(share * options.tuning), options.masks / masks
        )

    def _take_up(self) -> bool:
        """Begin the next pruning; whether there is one."""
        if self._aimed < len(self._limits):
            self._aim = self._aim_at(self._aimed)
            self._aimed += 1
        else:
            strength = self._sweep.next()
            if strength is None:
                return False
            self._aim = Aim(strength, self.options.size)
        assert self._warm is not None
        self._material.supernet.load_state_dict(self._warm)
        self._pruning = self._fresh(self._aim)
        return True

    def _train(self) -> StepReport:
        """Some steps of the pruning at hand; its network is evaluated when it is done."""
        pruning, aim = self._pruning, self._aim
        assert pruning is not None
        assert aim is not None
        loss = 0.0
        try:
            for _ in range(AT_ONCE):
                if not pruning.finished:
                    loss = pruning.step()
            if pruning.finished:
                self._check(pruning)
        except Diverged as fault:
            return self._drop(aim, str(fault))
        told = {"loss": loss, "size": pruning.left / pruning.whole, "strength": aim.strength}
        if pruning.network is None:
            return StepReport("masks", told)
        if not pruning.finished:
            return StepReport("tuning", told)
        self._keep(pruning, aim)
        self._pruning = self._aim = None
        return StepReport("evaluating", told)

    def _check(self, pruning: Pruning) -> None:
        """Raise Diverged where a network cannot be judged."""
        network = pruning.network
        assert network is not None
        task, some = self._problem.context.require_task(), torch.Generator().manual_seed(0)
        inputs = task.batch("search", _CHECKED, some).to(self._material.place).inputs
        with torch.no_grad():
            check_outputs(network.eval()(inputs), "it")

    def _drop(self, aim: Aim, reason: str) -> StepReport:
        """Go on without a network that diverged: all others start from weights that did not."""
        assert self._warm is not None
        self._material.supernet.load_state_dict(self._warm)
        self._pruning = self._aim = None
        if aim.limit is None:
            self._sweep.drop(aim.strength)
        what = aim.limit.said("") if aim.limit else f"strength {aim.strength:.3g}"
        return StepReport(
            "dropped",
            warning=f"The network pruned at {what} diverged and is left out: {reason}. If others "
            "do so too, start a new run with a smaller options.optimizer.learning_rate.",
        )

    def _keep(self, pruning: Pruning, aim: Aim) -> None:
        """Deposit the network and evaluate it."""
        architecture, network = pruning.architecture, pruning.network
        assert network is not None
        self._problem.deposit(architecture, network.eval())
        self._known.add(population.encode(self._problem.choices, [architecture]), 1)
        if aim.limit is None:
            self._sweep.tell(aim.strength, pruning.left)

    def _fill(self) -> StepReport:
        """Nothing is left to prune: random architectures, with inherited weights."""
        drawn = self._known.draw(_RANDOM, self._generator)
        if self._known.add(drawn, _RANDOM) == 0:
            return StepReport("exhausted", finished=True)
        return StepReport("random")

    def _fresh(self, aim: Aim) -> Pruning:
        lengths = self._lengths or Lengths(0, self.options.masks, self.options.tuning)
        return Pruning(self._material, aim, lengths, self._seed)

    def _size_limits(self) -> list[tuple[str, Constraint]]:
        """Distinct limits on sizes that the gates have, from above or equal, in their units."""
        found: dict[tuple[str, Constraint], None] = {}
        for limit in self._problem.limits:
            size, each = _SIZES.get(limit.objective, ("", 1.0))
            if size and limit.kind != "min":
                unit = next(o.unit for o in self._problem.objectives if o.short == limit.objective)
                bound = limit.bound / (1.0 if unit == "MAC" else each)
                found[size, Constraint(size, limit.kind, bound, limit.tolerance)] = None
        return list(found)

    def _aim_at(self, number: int) -> Aim:
        size, limit = self._limits[number]
        return Aim(0.0, size, limit)

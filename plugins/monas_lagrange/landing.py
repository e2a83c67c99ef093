"""One landing: gates of all aims descend a loss while multipliers pull them onto their targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from monas_core.learning.multiplier import Multiplier
from monas_core.learning.samplers import StraightThroughGumbel, masked_softmax, sample_one_hot
from monas_core.learning.schedules import Schedule
from monas_core.parts.discrete import Discrete, discretise
from monas_core.values.relaxation import Relaxation, option_mask
from monas_lagrange.aims import Flat
from monas_lagrange.options import LightNASOptions

Loss = Callable[[Relaxation], Tensor]
"""Loss ``(A,)`` of relaxed architectures, of the order of 1, differentiable."""
Costs = Callable[[Relaxation], Tensor]
"""Costs ``(O, D, A)`` of relaxed architectures on every device, differentiable."""


class OwnCosts(Protocol):
    """What costs architectures really have."""

    def __call__(self, rows: Tensor) -> Tensor:
        """Costs ``(O, D, A)`` of a population ``(A, C)``."""
        ...


class Landing:
    """Hard Gumbel gates of T aims, and N multipliers (LightNAS, arXiv 2208.14446).

    The loss of a gate is its task's loss plus the multiplier times ``cost / target - 1`` of drawn
    architectures; multipliers ascend on the cost of the most probable architecture.

    Deviation: predicted costs are multiplied by a factor that makes them true of the most
    probable architecture, renewed at every ``settle``; several architectures are drawn per step;
    the iterate that is best within the tolerance is kept beside the last; learning rates and the
    temperature follow the landing, not the epochs of an ImageNet training.

    Args:
        space: Says what the choices are and which architecture gates stand for.
        limits: N, of T aims.
        aims: T.
        options: Rates and schedules.
        fixed: Multipliers that stay as they are, for comparison.
    """

    def __init__(
        self,
        space: Discrete,
        limits: Flat,
        aims: int,
        options: LightNASOptions,
        *,
        fixed: float | None = None,
    ) -> None:
        self.choices, self.limits, self.options = space.choices, limits, options
        self._space, choices = space, space.choices
        self.mask = option_mask(choices)
        self.multiplier = Multiplier(limits.limits, options.multiplier_rate, reset=options.reset)
        self.fixed = fixed is not None
        if fixed is not None:
            self.multiplier.values += fixed
        self.sampler = StraightThroughGumbel(
            Schedule(options.hottest, options.coldest, "exponential")
        )
        shape = (aims, len(choices), choices.max_options)
        self.logits = torch.zeros(shape, requires_grad=True)
        self.adam = torch.optim.Adam([self.logits], lr=options.learning_rate, betas=(0.5, 0.99))
        self.done = 0
        self.factor = torch.ones(len(limits.limits), dtype=torch.float64)
        self.ratio = torch.full((len(limits.limits),), torch.nan, dtype=torch.float64)
        self.best = torch.zeros(shape[:2], dtype=torch.int64)
        self.standing = torch.full((aims, 2), torch.inf, dtype=torch.float64)

    @property
    def progress(self) -> float:
        """Share of the landing that is done."""
        return self.done / self.options.steps

    def last(self) -> Tensor:
        """The most probable architecture of each aim, ``(T, C)``."""
        shares = masked_softmax(self.logits.detach(), self.mask)
        return discretise(self._space, Relaxation(self.choices, shares))

    def drawn(self, count: int, generator: torch.Generator) -> Tensor:
        """``count`` architectures per aim from its gates, ``(T * count, C)``."""
        shares = masked_softmax(self.logits.detach(), self.mask).repeat(count, 1, 1)
        return Relaxation(self.choices, sample_one_hot(shares, generator)).to_population()

    def step(self, loss: Loss, costs: Costs, generator: torch.Generator) -> float:
        """One step of the gates, then one of the multipliers; the mean loss."""
        draws, logits = self.options.draws, self.logits.detach()
        many = logits.repeat_interleave(draws, 0)
        sample = self.sampler.draw(many, self.mask, self.progress, generator)
        with torch.enable_grad():
            rows = sample.rows.clone().requires_grad_()
            mixed = Relaxation(self.choices, rows)
            value = loss(mixed)
            paid = self._picked(costs(mixed).unflatten(2, (len(logits), draws)))
            total = value.sum() + self.multiplier.penalty(paid).sum()
            (gradient,) = torch.autograd.grad(total, rows)
        slope = self.sampler.pull_back(sample, gradient).reshape(-1, draws, *logits.shape[1:])
        self._move(slope.mean(1))
        reached = self.reached(costs)
        if not self.fixed:
            self.multiplier.ascend(reached)
        self.done += 1
        return float(value.detach().mean())

    def reached(self, costs: Costs) -> Tensor:
        """Costs of the most probable architectures as far as known, ``(N,)``."""
        hard = Relaxation.from_population(self.choices, self.last())
        with torch.no_grad():
            found = costs(hard)
        paid = self._picked(found[..., None])[0]
        self.ratio = self.multiplier.violation(paid.double())
        return paid

    def settle(self, loss: Loss, costs: Costs, own: OwnCosts) -> None:
        """Compare predicted costs with own ones, and keep the iterate if it is the best so far."""
        last = self.last()
        hard = Relaxation.from_population(self.choices, last)
        with torch.no_grad():
            quality = loss(hard).double()
            found = costs(hard).double()
        truth = own(last)
        for_each = (self.limits.objective, self.limits.device, self.limits.owner)
        guessed, true = found[for_each], truth[for_each]
        sound = (guessed > 0) & (true > 0)
        self.factor = torch.where(sound, true / guessed, 1.0).clamp(0.5, 2.0)
        self.ratio = self.multiplier.violation(true)
        now = torch.stack([self._outside(true), quality], 1)
        closer = now[:, 0] < self.standing[:, 0]
        better = (now[:, 0] == self.standing[:, 0]) & (now[:, 1] < self.standing[:, 1])
        self.best = torch.where((closer | better)[:, None], last, self.best)
        self.standing = torch.where((closer | better)[:, None], now, self.standing)

    def state_dict(self) -> dict[str, Any]:
        """Gates, multipliers, position, and the best iterates."""
        return {
            "logits": self.logits.detach(),
            "adam": self.adam.state_dict(),
            "multiplier": self.multiplier.state_dict(),
            "done": self.done,
            "factor": self.factor,
            "ratio": self.ratio,
            "best": self.best,
            "standing": self.standing,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        with torch.no_grad():
            self.logits.copy_(state["logits"])
        self.adam.load_state_dict(state["adam"])
        self.multiplier.load_state_dict(state["multiplier"])
        self.done, self.factor, self.ratio = state["done"], state["factor"], state["ratio"]
        self.best, self.standing = state["best"], state["standing"]

    def _move(self, slope: Tensor) -> None:
        """One Adam step; in the tail those on target take a vanishing part of it."""
        before = self.logits.detach().clone()
        self.logits.grad = slope
        self.adam.step()
        if self.progress < 1.0 - self.options.tail or not len(self.limits.limits):
            return
        missed = self._worst(self.ratio.abs().nan_to_num(nan=1.0))
        share = torch.where(missed <= self.options.near, missed, 1.0).float()[:, None, None]
        with torch.no_grad():
            self.logits.copy_(before + share * (self.logits - before))

    def _outside(self, paid: Tensor) -> Tensor:
        """By how much each aim misses the widest of its limits' tolerances, ``(T,)``."""
        own = [c.tolerance or self.options.tolerance for c in self.limits.limits]
        slack = torch.tensor(own, dtype=torch.float64)
        return self._worst((self.multiplier.missed(paid) - slack).clamp_min(0.0))

    def _worst(self, amounts: Tensor) -> Tensor:
        """The largest of each aim's N amounts, ``(T,)``; 0 without limits."""
        start = torch.zeros(len(self.logits), dtype=torch.float64)
        return start.scatter_reduce(0, self.limits.owner, amounts, "amax")

    def _picked(self, paid: Tensor) -> Tensor:
        """Of costs ``(O, D, T, draws)`` those that limits are on, corrected, ``(draws, N)``."""
        limits = self.limits
        return paid[limits.objective, limits.device, limits.owner].T * self.factor.to(paid)

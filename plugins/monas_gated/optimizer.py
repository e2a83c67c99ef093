"""Gates and weights learnt in turn, and used as they are.

Gao et al., "MTL-NAS: Task-Agnostic Neural Architecture Search towards General-Purpose Multi-Task
Learning", CVPR 2020, arXiv 2003.14058. Gates learn on the search part with their probabilities,
weights on the train part with relaxed samples; a growing entropy drives gates to 0 or 1, so that
what is left when they are cut fits the weights there are.

Deviation: one set of gates for each of a few preferences, all on one supernet, in place of one
weighted sum; losses of heads are divided by what is usual of them; the temperature ends at a
twentieth; what counts edges is a price on open gates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from monas_core.parts.device import Device
from monas_core.parts.heads import MultiTask
from monas_core.parts.supernet import rate_factors
from monas_core.problem.evaluated import Evaluated
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.wish import Wish
from monas_gated.aims import aims_of
from monas_gated.gates import entropy, hard, mixture, sampled
from monas_gated.options import GatedOptions

_LEARNING = 0.85
"""Share of a budget of time or steps that is spent learning; the rest evaluates."""
_COLDEST = 0.05
_KEPT = 0.9
"""Of what is usual of a loss, at every step."""


class Gated(Optimizer):
    """Takes one step of the gates and one of the weights, then evaluates what is left open.

    Attributes:
        logits: Of the gates, ``(T, C)``.
    """

    def __init__(self, options: GatedOptions | None = None) -> None:
        self.options = options or GatedOptions()

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem; nothing is learnt yet."""
        self._problem, self._generator = problem, generator
        task = problem.context.require_task()
        assert isinstance(task, MultiTask)  # which is what the need of the spec means
        self._task, options = task, self.options
        self._supernet = problem.context.require_supernet()
        self._aims = aims_of(problem.objectives, task, options.aims)
        self.logits = torch.zeros(len(self._aims), len(problem.choices), requires_grad=True)
        self._adam = torch.optim.Adam([self.logits], lr=options.gate_rate, betas=(0.5, 0.999))
        self._weights, self._peaks = self._weight_optimizer()
        self._usual = torch.zeros(len(task.heads))
        self._known = Evaluated(problem)
        self._done, self._learnt = 0, False

    @property
    def probabilities(self) -> Tensor:
        """Of every gate to be open, ``(T, C)``."""
        return self.logits.detach().sigmoid()

    @property
    def progress(self) -> float:
        """Share of the learning that is done, up to 1."""
        meter = self._problem.meter
        if meter.budget.unit == "evaluations":
            return min(1.0, self._done / self.options.steps)
        return min(1.0, meter.fraction / _LEARNING)

    def step(self) -> StepReport:
        """Learn, and once that is over evaluate an architecture."""
        if not self._learnt and self.progress < 1.0:
            return self._learn()
        if not self._learnt:
            self._learnt = True
            self._problem.evaluator.forget_quality()
        self._known.add(self._candidates(), 1)
        rest = len(self._known.fresh(self._candidates()))
        return StepReport("evaluating", {"open": self._opened()}, finished=rest == 0)

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The best evaluated architecture for each wish."""
        return best_known(self._problem, self._known.architectures, device, wishes)

    def _candidates(self) -> Tensor:
        """What the gates leave open, and the two ends, ``(n, C)``."""
        return population.unique_rows(torch.cat([hard(self.logits), self._problem.ends]))

    def _learn(self) -> StepReport:
        progress = self.progress
        temperature = self.options.hottest * max(_COLDEST, (1.0 - progress) ** 2)
        gates = self._move_gates(temperature, progress)
        weights = self._move_weights(temperature, progress)
        self._supernet.eval()
        self._done += 1
        spread = float(entropy(self.logits.detach()).mean())
        losses = {"gates": gates, "weights": weights, "entropy": spread, "open": self._opened()}
        return StepReport("learning", losses)

    def _opened(self) -> float:
        return float(hard(self.logits).float().mean())

    def _gates(self, how: str, temperature: float) -> Tensor:
        if how == "relaxed":
            return torch.sigmoid(self.logits)
        return sampled(self.logits, temperature, self._generator)

    def _losses(self, part: Any, opened: Tensor) -> Mapping[str, Tensor]:
        """By head, ``(T * S,)``, each set of gates on samples of its own."""
        size = len(self._aims) * self.options.samples
        batch = self._task.batch(part, size, self._generator).to(self._problem.torch_device)
        relaxation = mixture(self._problem.choices, opened)
        return self._task.losses(self._supernet(batch.inputs, relaxation), batch.targets)

    def _move_gates(self, temperature: float, progress: float) -> float:
        """One step of Adam on the search part; the mean loss of the sets."""
        self._supernet.eval()
        opened = self._gates(self.options.judged_with, temperature)
        found = {name: loss.cpu() for name, loss in self._losses("search", opened).items()}
        self._note_usual(found)
        loss = self._aims.loss(self._task, found, self._usual)
        total = loss + self.options.price * self._aims.price * torch.sigmoid(self.logits).mean(1)
        total = total + self._pressure(progress) * entropy(self.logits)
        (self.logits.grad,) = torch.autograd.grad(total.sum(), [self.logits])
        self._adam.step()
        return float(loss.detach().mean())

    def _note_usual(self, found: Mapping[str, Tensor]) -> None:
        means = torch.stack([found[head.name].detach().mean() for head in self._task.heads])
        kept = _KEPT if self._done else 0.0
        self._usual = (kept * self._usual + (1.0 - kept) * means).clamp_min(1e-6)

    def _pressure(self, progress: float) -> float:
        """Weight of the entropy."""
        shares = {"none": 0.0, "constant": 1.0, "ramped": progress}
        return self.options.entropy * shares[self.options.schedule]

    def _move_weights(self, temperature: float, progress: float) -> float:
        """One step of the weights on the train part; the mean loss."""
        self._supernet.train()
        opened = self._gates(self.options.trained_with, temperature).detach()
        found = self._losses("train", opened)
        loss = sum((head.weight * found[head.name].mean() for head in self._task.heads), 0.0)
        assert isinstance(loss, Tensor)
        self._weights.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._supernet.parameters(), 1.0)
        for group, peak in zip(self._weights.param_groups, self._peaks, strict=True):
            group["lr"] = peak * max(0.05, (1.0 - progress) ** 0.9)
        self._weights.step()
        self._weights.zero_grad(set_to_none=True)
        return float(loss.detach())

    def _weight_optimizer(self) -> tuple[torch.optim.Optimizer, list[float]]:
        """Adam, with a rate of its own for what has the tag ``fusion``."""
        rate = self.options.weight_rate * self._problem.context.space.warm_up.learning_rate
        factors = rate_factors(self._supernet, {"fusion": self.options.fusion})
        groups: dict[float, list[Tensor]] = {}
        for name, weight in self._supernet.named_parameters():
            groups.setdefault(factors[name], []).append(weight)
        made = [{"params": of, "lr": rate * factor} for factor, of in groups.items()]
        return torch.optim.Adam(made), [rate * factor for factor in groups]

    def state_dict(self) -> dict[str, Any]:
        """Gates, both optimizers, position and what was evaluated; the weights are the run's."""
        return {
            "logits": self.logits.detach().clone(),
            "adam": self._adam.state_dict(),
            "weights": self._weights.state_dict(),
            "usual": self._usual,
            "generator": self._generator.get_state(),
            "rows": self._known.rows,
            "done": self._done,
            "learnt": self._learnt,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        with torch.no_grad():
            self.logits.copy_(state["logits"])
        self._adam.load_state_dict(state["adam"])
        self._weights.load_state_dict(state["weights"])
        self._usual = state["usual"]
        self._generator.set_state(state["generator"])
        self._done, self._learnt = state["done"], state["learnt"]
        self._known.restore(state["rows"])
        if self._learnt:
            self._problem.evaluator.forget_quality(keep=self._known.architectures)

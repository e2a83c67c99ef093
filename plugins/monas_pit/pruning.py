"""One pruning: weights and masks learn together, then what is left is tuned alone.

Risso et al., "Lightweight Neural Architecture Search for Temporal Convolutional Networks at the
Edge", arXiv 2301.10281.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from monas_core.errors import Diverged
from monas_core.learning.multiplier import Multiplier
from monas_core.learning.schedules import Schedule
from monas_core.parts.gated import GatedSupernet, open_gates
from monas_core.parts.task import Task
from monas_core.seeding import seeded_construction
from monas_core.updater import Updater
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint

_FALLING = Schedule(1.0, 0.03, "cosine")
_BELOW = 0.95
"""Share of an upper limit that is aimed at."""


@attrs.frozen
class Lengths:
    """Steps of each stage.

    Attributes:
        pace: Factor on the rate of masks: fewer steps have the same way to go.
    """

    warm_up: int
    masks: int
    tuning: int
    pace: float = 1.0


@attrs.frozen
class Aim:
    """What one pruning is after.

    Attributes:
        strength: What the size of the largest network weighs in the loss; 0 with a limit.
        limit: On the size, in weights or operations, whose multiplier is learnt instead.
        size: Which size.
    """

    strength: float
    size: str
    limit: Constraint | None = None


@attrs.frozen(eq=False)
class Material:
    """What every training of a search has in common.

    Attributes:
        supernet: Of the search's own, whose weights are trained.
        task: Gives batches and the loss.
        place: Where it computes.
        batch: Samples per step.
        learning_rate, gate_rate, multiplier_rate: As the options say.
    """

    supernet: GatedSupernet
    task: Task
    place: torch.device
    batch: int
    learning_rate: float
    gate_rate: float
    multiplier_rate: float

    def loss(self, network: Any, generator: torch.Generator) -> Tensor:
        """Of a fresh batch."""
        drawn = self.task.batch("train", self.batch, generator).to(self.place)
        return self.task.loss(network(drawn.inputs), drawn.targets).mean()


class Pruning:
    """From warm weights to a pruned network of its own.

    The loss is the task's plus the strength times the size left over the size of the largest
    network (PIT, equation 8). Weights and masks are descended together by Adam; the norm of the
    weights' gradient is clipped to 1.

    Deviation: strengths are relative to the loss and the largest size; masks have a learning
    rate of their own, since trainings here are short; sizes are exact counts and not products
    of soft ones; with a limit on the size a multiplier takes the place of the strength.

    Args:
        material: What all have in common; the supernet holds the warm weights.
        aim: How hard is pruned.
        lengths: Steps.
        seed: Of the batches: the same for every strength, so that strengths alone differ.
    """

    def __init__(self, material: Material, aim: Aim, lengths: Lengths, seed: int) -> None:
        self.material, self.aim, self.lengths = material, aim, lengths
        self.generator = torch.Generator().manual_seed(seed)
        opened = open_gates(material.supernet)
        with torch.no_grad():
            self.whole = float(material.supernet.sizes(opened)[aim.size])
        self.gates = {n: g.to(material.place).requires_grad_() for n, g in opened.items()}
        self.multiplier = _multiplier(aim.limit, self.whole, material.multiplier_rate, lengths)
        self.adam = torch.optim.Adam(
            [
                {"params": list(material.supernet.parameters()), "lr": material.learning_rate},
                {"params": list(self.gates.values()), "lr": lengths.pace * material.gate_rate},
            ]
        )
        self.done = 0
        self.left = self.whole
        self.best: dict[str, Tensor] | None = None
        self.off = 0.0
        self.network: nn.Module | None = None
        self._updater: Updater | None = None

    @property
    def finished(self) -> bool:
        """Whether the network is as it will stay."""
        return self.network is not None and self.done >= self.lengths.masks + self.lengths.tuning

    @property
    def architecture(self) -> Architecture:
        """What the masks stand for now."""
        return self.material.supernet.discretise(self.gates)

    def warm(self) -> float:
        """One training step of the largest network alone; the loss.

        Raises:
            Diverged: As ``step``.
        """
        supernet = self.material.supernet.train()
        opened = {name: gate.detach() for name, gate in self.gates.items()}
        self.done += 1
        return self._descend(
            self.material.loss(lambda x: supernet.gated(x, opened), self.generator)
        )

    def step(self) -> float:
        """One training step; the loss of the task.

        Raises:
            Diverged: Loss or gradient is not finite; no weight was touched.
        """
        loss = self._prune() if self.done < self.lengths.masks else self._tune()
        self.done += 1
        if self.done == self.lengths.masks:
            self._cut()
        return loss

    def _share(self, done: int) -> float:
        """Of the learning rate of the weights, after so many steps."""
        return _FALLING.at(done / (self.lengths.masks + self.lengths.tuning))

    def _prune(self) -> float:
        supernet = self.material.supernet.train()
        self.adam.param_groups[0]["lr"] = self.material.learning_rate * self._share(self.done)
        size = supernet.sizes(self.gates)[self.aim.size]
        self.left = float(size.detach())
        self._remember()
        self.multiplier.ascend(size.detach().cpu()[None])
        pull = self._pull(size)
        loss = self.material.loss(lambda x: supernet.gated(x, self.gates), self.generator)
        self._descend(loss + pull)
        return float(loss.detach())

    def _descend(self, loss: Tensor) -> float:
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.material.supernet.parameters(), 1.0)
        told = float(loss.detach())
        if not math.isfinite(told + float(norm)):
            raise Diverged(f"the loss is {told}, and the size of the gradient {float(norm)}")
        self.adam.step()
        return told

    def _remember(self) -> None:
        """Keep the masks that meet the limit best, of the second half of the steps."""
        if self.aim.limit is None or 2 * self.done < self.lengths.masks:
            return
        off = self.left / self.aim.limit.bound - 1.0
        if self.aim.limit.kind == "max" and off > 0:
            return
        if self.best is None or abs(off) <= self.off:
            self.best = {name: gate.detach().clone() for name, gate in self.gates.items()}
            self.off = abs(off)

    def _pull(self, size: Tensor) -> Tensor:
        """What the size adds to the loss."""
        if self.aim.limit is not None:
            return self.multiplier.penalty(size[None]).sum()
        return self.aim.strength * size / self.whole

    def _cut(self) -> None:
        """Leave the masks behind: from now on a smaller network learns alone."""
        supernet = self.material.supernet
        with torch.no_grad():
            for name, gate in (self.best or {}).items():
                self.gates[name].copy_(gate)
            self.left = float(supernet.sizes(self.gates)[self.aim.size])
        self._take()

    def _take(self) -> None:
        with seeded_construction(0):  # weights are filled in; nothing is drawn for the others
            network = self.material.supernet.prune(self.gates).to(self.material.place)
        self.network = network.train()
        share, tuning = self._share(self.lengths.masks), max(1, self.lengths.tuning)
        self._updater = Updater(network, self.material.learning_rate, tuning, peak=share)

    def _tune(self) -> float:
        assert self.network is not None
        assert self._updater is not None
        loss = self.material.loss(self.network, self.generator)
        self._updater.update(loss)
        return float(loss.detach())

    def state_dict(self) -> dict[str, Any]:
        """Masks, weights, weight optimizers, position and data generator."""
        tuned = None
        if self.network is not None and self._updater is not None:
            tuned = {"network": self.network.state_dict(), "updater": self._updater.state_dict()}
        return {
            "gates": {name: gate.detach() for name, gate in self.gates.items()},
            "weights": dict(self.material.supernet.state_dict()),
            "adam": self.adam.state_dict(),
            "multiplier": self.multiplier.state_dict(),
            "done": self.done,
            "left": self.left,
            "best": self.best,
            "off": self.off,
            "generator": self.generator.get_state(),
            "tuned": tuned,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        with torch.no_grad():
            for name, gate in self.gates.items():
                gate.copy_(state["gates"][name])
        self.material.supernet.load_state_dict(state["weights"])
        self.adam.load_state_dict(state["adam"])
        self.multiplier.load_state_dict(state["multiplier"])
        self.done, self.left = state["done"], state["left"]
        self.best = dict(state["best"]) if state["best"] is not None else None
        self.off = state["off"]
        self.generator.set_state(state["generator"])
        if state["tuned"] is not None:
            self._take()
            assert self.network is not None
            assert self._updater is not None
            self.network.load_state_dict(state["tuned"]["network"])
            self._updater.load_state_dict(state["tuned"]["updater"])


def _multiplier(
    limit: Constraint | None, whole: float, rate: float, lengths: Lengths
) -> Multiplier:
    """Pulls a size onto a limit, from both sides: masks move on for a while after a pull ends.

    Its rate is such that ``rate`` is the strength that a size of twice the limit leads to.
    """
    if limit is None:
        return Multiplier((), rate)
    bound = limit.bound * (_BELOW if limit.kind == "max" else 1.0)
    target = Constraint(limit.objective, "equal", bound)
    return Multiplier([target], rate * bound / whole / lengths.masks, form="hinge")

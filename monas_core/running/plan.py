"""A run resolved: names looked up, capabilities matched, parts built, nothing trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import attrs
import torch
from torch import nn

from monas_core.computing.ranks import ALONE, Ranks
from monas_core.errors import UsageError
from monas_core.learning.predictors import QualityPredictor
from monas_core.parts.device import Device, HardwareEmbedding
from monas_core.parts.loss import Loss
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace, WarmUp
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Part, Task, placed
from monas_core.parts.trainer import Trainer
from monas_core.problem.guide import Guide
from monas_core.problem.optimizer import Optimizer
from monas_core.record.config import RunConfig
from monas_core.record.frontfile import view_of
from monas_core.running.hearing import Hearer
from monas_core.running.limits import described
from monas_core.running.teachers import TeacherOfRun
from monas_core.seeding import derived_generator, derived_seed, seeded_construction
from monas_core.train.settings import TrainSettings
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint
from monas_core.values.data import SEEN_AS
from monas_core.values.preference import Preference, lattice_of_size


@attrs.frozen(eq=False)
class Plan:
    """Everything a run consists of, ready to start.

    Attributes:
        config: As asked for, with every name made explicit.
        space, task, objectives, devices, held_out, embedding, trainer, optimizer: The parts.
        warm_up: Settings of the supernet's training.
        torch_device: Where this machine computes.
        limits: What must hold.
        notes: What a person should know before it starts.
        inherits: Whether there is a supernet to inherit weights from.
        loss: What training makes small, where it is not the task's own loss; ``task`` then
            answers with it.
        teacher: The reference network, where one was asked for.
        guides: What steers the selection of the search.
        predictor: Of quality, fitted by another run.
        pretrained: Whether its weights were good before the run.
        ranks: The processes that carry it out.
        shares_training: Whether they take the trainer's steps together.
        observers: Who hears of it, beside the screen.
    """

    config: RunConfig
    space: SearchSpace
    task: Task
    objectives: tuple[Objective, ...]
    devices: tuple[Device, ...]
    held_out: tuple[Device, ...]
    embedding: HardwareEmbedding
    trainer: Trainer
    optimizer: Optimizer
    warm_up: WarmUp
    torch_device: torch.device
    limits: tuple[Constraint, ...] = ()
    notes: tuple[str, ...] = ()
    inherits: bool = True
    loss: Loss | None = None
    teacher: TeacherOfRun | None = None
    guides: tuple[Guide, ...] = ()
    predictor: QualityPredictor | None = None
    pretrained: bool = False
    ranks: Ranks = ALONE
    shares_training: bool = False
    observers: tuple[Hearer, ...] = ()

    @property
    def all_devices(self) -> tuple[Device, ...]:
        """Search devices, then held-out ones."""
        return (*self.devices, *self.held_out)

    @property
    def preferences(self) -> list[Preference]:
        """The lattice every device is proposed for at the end."""
        names = [objective.short for objective in self.objectives]
        return lattice_of_size(names, self.config.preferences)

    @property
    def retraining(self) -> TrainSettings | None:
        """How members of the final fronts are trained alone; ``None`` where they are not."""
        budget = self.config.retrain.budget
        if budget is None:
            return None
        return TrainSettings.recommended(
            self.warm_up, budget=budget, from_scratch=not self.inherits, seed=self.config.seed
        )

    @property
    def said_limits(self) -> list[str]:
        """The limits in words."""
        return [described(limit, self.objectives) for limit in self.limits]

    def build_supernet(self) -> Supernet:
        """A freshly initialised supernet on this machine's torch device."""
        with seeded_construction(derived_seed(self.config.seed, "supernet")):
            return self.space.supernet(self.task).to(self.torch_device)

    def try_batch(self) -> float:
        """Loss of the smallest network on one batch, with untrained weights."""
        generator = derived_generator(self.config.seed, "dry run")
        batch = self.task.batch("train", 2, generator).to(self.torch_device)
        network, which = self._smallest()
        with torch.no_grad():
            return float(self.task.loss(network(batch.inputs, *which), batch.targets).mean())

    def _smallest(self) -> tuple[nn.Module, tuple[Architecture, ...]]:
        """Untrained, and what it takes beside inputs: a supernet is told which subnet."""
        smallest = self.space.ends().smallest
        if self.inherits and not self.pretrained:  # weights of a checkpoint are read when needed
            return self.build_supernet(), (smallest,)
        return self.space.build(smallest, self.task).to(self.torch_device), ()

    def rehearse(self, run: Path | None = None) -> None:
        """Try the teacher, and a task that asks for it: a loss with gradients, a score, batches.

        Args:
            run: The folder that is gone on in, which may have kept its teacher.

        Raises:
            UsageError: Something of them does not work with networks of the space.
        """
        if self.teacher is not None:
            self.teacher.check(run)
        if not self.task.rehearsed:
            return
        network, which = self._smallest()
        place, generator = self.torch_device, derived_generator(self.config.seed, "dry run")
        name = f'task "{self.task.name}"'

        def model(inputs: Any) -> Any:
            try:
                return network(placed(inputs, place), *which)
            except Exception as error:
                reason = " ".join(str(error).split())[:200]
                raise UsageError(
                    f'Networks of space "{self.space.name}" cannot take the inputs of {name}: '
                    f"{type(error).__name__}: {reason}; change their form, or choose another space."
                ) from error

        gradient = False
        for part in get_args(Part):
            batch = self.task.batch(part, 2, generator).to(place)
            loss = self.task.loss(model(batch.inputs), batch.targets)
            if not torch.isfinite(loss).all():
                raise UsageError(f"The loss of {name} is not finite on part {part}: {loss}.")
            gradient = loss.requires_grad
        if not gradient:
            raise UsageError(
                f"The loss of {name} has no gradient; compute it from the outputs with torch, "
                "without .item(), .detach(), argmax or numpy."
            )
        network.eval()
        with torch.no_grad():
            self.task.evaluate(model, "search")

    def summary(self) -> Mapping[str, Any]:
        """Plain facts for ``--dry-run`` and the screen."""
        data = self.task.record()
        return {
            "space": self.space.name,
            "preset": self.space.preset,
            "architectures": self.space.choices.cardinality(),
            "choices": len(self.space.choices),
            "task": self.config.task,
            **({"loss": self.config.loss} if self.loss is not None else {}),
            "data": data.summary,
            **({SEEN_AS: data.seen_as} if data.seen_as else {}),
            "objectives": [
                f"{o.said} [{o.unit}, {o.direction}]" for o in map(view_of, self.objectives)
            ],
            "devices": [device.name for device in self.devices],
            "held out": [device.name for device in self.held_out],
            "trainer": self.config.trainer,
            "optimizer": self.config.optimizer,
            **({"guides": list(self.config.guides)} if self.config.guides else {}),
            **({"teacher": self.config.teacher.said} if self.teacher else {}),
            **({"predictor": self.config.predictor} if self.predictor else {}),
            **({"limits": self.said_limits} if self.limits else {}),
            "warm-up steps": self.warm_up.steps if self.inherits else 0,
            "budget": str(self.config.budget),
            **({"retrain": self.config.retrain.said} if self.retraining else {}),
            "torch device": str(self.torch_device),
            **({"processes": self.ranks.count} if self.ranks.count > 1 else {}),
            "seed": self.config.seed,
        }

"""The live state of one run in this process: what checkpoints hold and bring back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs

from monas_core.computing.engine import Engine
from monas_core.computing.ranks import ALONE
from monas_core.errors import MonasError, UsageError
from monas_core.learning.shelf import Shelf
from monas_core.parts.context import Context
from monas_core.parts.supernet import Supernet
from monas_core.parts.trainer import Trainer
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.record.archive import Archive, uncollected
from monas_core.running.loss_search import LossLessons
from monas_core.running.plan import Plan
from monas_core.seeding import derived_generator
from monas_core.values.budget import Meter

PHASES: tuple[str, ...] = ("teacher", "warm-up", "search", "finish", "retrain", "done")


class Session:
    """Builds what a plan describes and carries it through the phases.

    Args:
        plan: What is run.
        run: Its folder, where what it keeps is read.

    Attributes:
        plan: What is run.
        context: Space, task and, where one is trained, supernet.
        meter: What the search has spent.
        evaluator: The way to values.
        problem: What the optimizer is handed.
        phase: One of ``PHASES``.
        searching: Whether the optimizer has been started.
        seconds: Time spent per phase.
    """

    def __init__(self, plan: Plan, run: Path | None = None) -> None:
        self.plan = plan
        supernet = plan.build_supernet() if plan.inherits else None
        teacher = plan.teacher
        self.context = Context(
            plan.space,
            plan.task,
            supernet,
            torch_device=plan.torch_device,
            teacher=None if teacher is None else (lambda: teacher.teacher(run)),
            pretrained=plan.pretrained,
            engine=Engine(
                plan.warm_up.recipe,
                plan.torch_device,
                plan.ranks if plan.shares_training else ALONE,
            ),
        )
        self.meter = Meter(plan.config.budget)
        self.evaluator = Evaluator(self.context, plan.objectives, self.meter, plan.all_devices)
        self.problem = Problem(
            context=self.context,
            objectives=plan.objectives,
            devices=plan.devices,
            evaluator=self.evaluator,
            embedding=plan.embedding,
            meter=self.meter,
            limits=plan.limits,
            guides=plan.guides,
            shelf=Shelf(plan.predictor),
        )
        self.phase = "warm-up" if teacher is None else "teacher"
        self.searching = False
        absent = {"teacher"} if teacher is None else set[str]()
        absent |= {"retrain"} if plan.retraining is None else set[str]()
        ahead = (phase for phase in PHASES[:-1] if phase not in absent)
        self.seconds: dict[str, float] = dict.fromkeys(ahead, 0.0)

    @cached_property
    def trainer(self) -> Trainer:
        """Trains the supernet; started when the warm-up asks, as torch's optimizers load slowly."""
        generator = derived_generator(self.plan.config.seed, "warm-up")
        usual, factor = self.plan.warm_up, self.context.rate_factor
        slowed = attrs.evolve(  # rates of tags are factors on these, so they follow
            usual,
            learning_rate=factor * usual.learning_rate,
            matrix_rate=factor * usual.matrix_rate,
        )
        self.plan.trainer.start(self.context, slowed, generator)
        return self.plan.trainer

    @cached_property
    def loss_lessons(self) -> LossLessons | None:
        """Moves the searched parameters of the loss, where it has some."""
        plan = self.plan
        if plan.loss is None or not plan.loss.searched() or not plan.inherits:
            return None
        generator = derived_generator(plan.config.seed, "loss")
        return LossLessons(plan.loss, self.context, plan.warm_up, generator)

    def count_weights(self) -> int:
        """Number of weights of the supernet; 0 without one."""
        supernet = self.context.supernet
        return sum(p.numel() for p in supernet.parameters()) if supernet else 0

    def start_optimizer(self) -> None:
        """Hand the problem to the optimizer, with a generator of its own."""
        if self.context.supernet is not None:
            self.context.supernet.eval()
        generator = derived_generator(self.plan.config.seed, "optimizer")
        self.plan.optimizer.start(self.problem, generator)
        self.searching = True

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on as if never stopped."""
        supernet, warming = self.context.supernet, self.phase == "warm-up"
        return {
            "phase": self.phase,
            "seconds": self.seconds,
            "rate_factor": self.context.rate_factor,
            "engine": self.context.engine.state_dict(),
            "supernet": supernet.state_dict() if supernet is not None else None,
            "deposits": self.context.deposits.state(),
            "trainer": self.trainer.state_dict() if warming else None,
            "loss": self._state_of_loss(moving=warming),
            "optimizer": self.plan.optimizer.state_dict() if self.searching else None,
            "meter": attrs.asdict(self.meter, filter=lambda field, _: field.name != "budget"),
            "devices": {d.name: dict(d.state_dict()) for d in self.plan.all_devices},
        }

    def _state_of_loss(self, *, moving: bool) -> dict[str, Any] | None:
        """Searched parameters and, while they move, how."""
        if self.plan.loss is None:
            return None
        lessons = self.loss_lessons if moving else None
        return {
            "parameters": self.plan.loss.state_dict(),
            "lessons": lessons.state_dict() if lessons else None,
        }

    def load_state_dict(self, state: Any, archive: Archive) -> None:
        """Continue from a checkpoint and the archive as it was then.

        Raises UsageError if what is installed has other parts than what wrote the checkpoint.
        """
        try:
            self._load(state, archive)
        except MonasError:
            raise
        except Exception as error:
            reason = " ".join(str(error).split())
            raise UsageError(
                f"Run {archive.path.parent} does not fit what is installed ({reason:.160}); "
                "it was made with another version of a plugin. Use that one, or start a new run."
            ) from error

    def _load(self, state: Mapping[str, Any], archive: Archive) -> None:
        if state["phase"] not in PHASES:
            raise ValueError(f"there is no phase {state['phase']!r:.40}")
        self.phase = state["phase"]
        self.seconds = dict(state["seconds"])
        self.context.rate_factor = state.get("rate_factor", 1.0)
        if "engine" in state:
            self.context.engine.load_state_dict(state["engine"])
        if self.context.supernet is not None:
            self.context.supernet.load_state_dict(state["supernet"])
        self.context.deposits.restore(self.plan.space, state.get("deposits", []))
        with uncollected():
            self.evaluator.remember(archive.read(self.plan.space.choices))
        for device in self.plan.all_devices:
            device.load_state_dict(state["devices"][device.name])
        for name, value in state["meter"].items():
            setattr(self.meter, name, value)
        self._load_parts(state)

    def _load_parts(self, state: Mapping[str, Any]) -> None:
        """Loss, and trainer or optimizer, started anew."""
        if self.plan.loss is not None:
            self.plan.loss.load_state_dict(state["loss"]["parameters"])
            if self.loss_lessons is not None and state["loss"]["lessons"] is not None:
                self.loss_lessons.load_state_dict(state["loss"]["lessons"])
        if state["trainer"] is not None:
            self.__dict__.pop("trainer", None)
            self.trainer.load_state_dict(state["trainer"])
        if state["optimizer"] is not None:
            self.start_optimizer()
            self.plan.optimizer.load_state_dict(state["optimizer"])

    def take_over(self, state: Mapping[str, Any]) -> None:
        """Weights and trainer of another process of the run."""
        self.context.rate_factor = state["rate_factor"]
        self.context.engine.load_state_dict(state["engine"])
        self.context.require_supernet().load_state_dict(state["supernet"])
        self._load_parts({**state, "optimizer": None})

    # -- where weights diverge ----------------------------------------------------------

    @property
    def done(self) -> int:
        """Steps of the phase."""
        return self.trainer.done if self.phase == "warm-up" else self.meter.steps

    @property
    def rate_factor(self) -> float:
        """Share of the usual learning rates in use."""
        return self.context.rate_factor

    def learner(self) -> Supernet | None:
        """Whose weights are learnt."""
        return self.context.supernet

    def good_state(self) -> dict[str, Any]:
        """What going back within a phase needs beside the weights."""
        whole = self.state_dict()
        parts = {name: whole[name] for name in ("trainer", "loss", "optimizer")}
        return parts | {"steps": self.meter.steps}

    def go_back(self, state: Mapping[str, Any], rate_factor: float) -> None:
        """Take trainer and optimizer back; what was evaluated stays known."""
        self.context.rate_factor = rate_factor
        self.meter.steps = state["steps"]
        self._load_parts(state)

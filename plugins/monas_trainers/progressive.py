"""Progressive shrinking: the largest network first, then ever smaller ones, taught by it.

Cai et al., "Once-for-All: Train One Network and Specialize it for Efficient Deployment", ICLR
2020, arXiv 1908.09791, section 3.3, for any space: what each stage opens follows from what an
option changes in the largest network (``openings``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast, get_args

import attrs
import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.space import WarmUp
from monas_core.parts.supernet import Supernet
from monas_core.parts.trainer import Trainer, TrainingReport
from monas_core.seeding import seeded_construction
from monas_core.train.distillation import divergence
from monas_core.values.architecture import Architecture
from monas_core.values.bounds import within
from monas_trainers.lessons import Lessons
from monas_trainers.openings import Allowed, Kind, Openings

Shrinking = Literal["kernel", "depth", "width"]
_FIRST_PHASES = 1 / 6
"""Of a stage, for each of its phases before the last: 25 of 150 epochs in Once-for-all."""
_IN_PHASES: tuple[Kind, ...] = ("depth", "width")


@attrs.frozen
class Options:
    """Options of ``progressive``.

    Attributes:
        stages: The order in which kernels, depths and widths are opened.
        whole: Share of the steps for the largest network alone, at every resolution.
        phases: Steps in which a choice's depths and widths are opened, nearest first.
        distil: Whether the largest network, as it is after its share, teaches the others.
    """

    stages: tuple[str, ...] = get_args(Shrinking)
    whole: float = 0.3
    phases: int = 2
    distil: bool = True

    def __attrs_post_init__(self) -> None:
        within("options.trainer", 0.0, 1.0, whole=self.whole)
        within("options.trainer", 1, 1 / _FIRST_PHASES - 1, phases=self.phases)
        if sorted(self.stages) != sorted(get_args(Shrinking)):
            raise UsageError(
                f"options.trainer.stages must name {', '.join(get_args(Shrinking))}, each once and "
                f"in any order; got {', '.join(self.stages) or 'none'}."
            )


@attrs.frozen
class Stage:
    """A part of the training.

    Attributes:
        name: For the screen.
        allowed: What may be drawn in it.
        steps: Its length.
    """

    name: str
    allowed: Allowed
    steps: int


def staged(openings: Openings, options: Options, steps: int) -> list[Stage]:
    """The stages in order; their lengths add up to ``steps``.

    A kind that the space does not have gets no stage, and its steps go to the others.
    """
    wanted: list[Kind] = [cast("Kind", kind) for kind in options.stages]
    kinds: list[Kind] = [kind for kind in wanted if openings.has(kind)]
    shares: dict[Kind, float] = {"resolution": 1.0}
    name = "resolution" if openings.has("resolution") else "largest"
    whole = options.whole if kinds else 1.0
    parts: list[tuple[str, Allowed, float]] = [(name, openings.opened(shares), whole)]
    for kind in kinds:
        length = (1 - options.whole) / len(kinds)
        phases = options.phases if kind in _IN_PHASES else 1
        for phase in range(1, phases + 1):
            shares[kind] = phase / phases
            early = phase < phases
            own = _FIRST_PHASES if early else 1 - (phases - 1) * _FIRST_PHASES
            parts.append((kind, openings.opened(shares), own * length))
    found: list[Stage] = []
    passed, begin = 0.0, 0
    for label, allowed, share in parts:
        passed += share
        end = round(passed * steps)
        found.append(Stage(label, allowed, end - begin))
        begin = end
    return found


class Progressive(Trainer):
    """Takes a fixed number of steps, one subnet each, stage by stage.

    Deviation: one update per subnet; the learning rate falls over every stage from the same
    peak; channels are not sorted by importance before widths are opened, since weights are
    shared by the leading channels from the first step on.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def start(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        """Prepare to train the supernet of a context, and find out what each stage opens."""
        self._context, self._settings, self._generator = context, settings, generator
        self._openings = Openings.of(context.space, context.require_task())
        self._stages = staged(self._openings, self.options, settings.steps)
        self._teacher: Supernet | None = None
        self._enter(0)

    @property
    def steps(self) -> int:
        """Steps to take."""
        return self._settings.steps

    @property
    def done(self) -> int:
        """Steps taken."""
        return sum(stage.steps for stage in self._stages[: self._place]) + self._lessons.done

    def step(self) -> TrainingReport:
        """Train a random subnet of what is open on a fresh batch."""
        while self._lessons.done == self._lessons.steps:
            if self._place == 0 and self._lessons.done and self.options.distil:
                self._teacher = self._copy()
                self._teacher.load_state_dict(self._context.require_supernet().state_dict())
            self._enter(self._place + 1)
        stage = self._stages[self._place]
        report = self._lessons.teach(lambda: (stage.name, self._draw(stage.allowed)))
        return attrs.evolve(report, stage=stage.name)

    def state_dict(self) -> dict[str, Any]:
        """The stage, what its lessons keep, and the teacher's weights."""
        teacher = None if self._teacher is None else self._teacher.state_dict()
        return {"place": self._place, "lessons": self._lessons.state_dict(), "teacher": teacher}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._teacher = None
        if state["teacher"] is not None:
            self._teacher = self._copy()
            self._teacher.load_state_dict(state["teacher"])
        self._enter(state["place"])
        self._lessons.load_state_dict(state["lessons"])

    def _enter(self, place: int) -> None:
        self._place = place
        settings = attrs.evolve(self._settings, steps=self._stages[place].steps)
        self._lessons = Lessons(self._context, settings, self._generator, self._taught)

    def _draw(self, allowed: Allowed) -> Architecture:
        choices = self._context.space.choices
        picked = [
            options[int(torch.randint(len(options), (), generator=self._generator))]
            for options in allowed
        ]
        return choices.from_indices(picked)

    def _copy(self) -> Supernet:
        """A supernet like the one that is trained, with other weights."""
        context = self._context
        with seeded_construction(0):  # every weight is replaced
            fresh = context.space.supernet(context.require_task())
        return fresh.to(context.torch_device).eval().requires_grad_(requires_grad=False)

    def _taught(self, loss: Tensor, inputs: Any, outputs: Any, student: Architecture) -> Tensor:
        """The loss of the task and, once there is a teacher, the distance to its logits."""
        n_outputs = self._context.require_task().n_outputs
        logits = isinstance(outputs, Tensor) and outputs.shape[-1] == n_outputs
        if self.options.distil and not logits:
            raise UsageError(
                "Distillation compares logits, one tensor (..., classes), and this task's networks "
                "give something else; set options.trainer.distil=false."
            )
        if self._teacher is None:
            return loss
        with torch.no_grad():
            wanted = self._teacher(inputs, self._largest_like(student))
        return loss + divergence(outputs, wanted)

    def _largest_like(self, student: Architecture) -> Architecture:
        """The largest network that sees what the student sees."""
        choices = self._context.space.choices
        picked = [
            answer if self._openings.kinds[place][answer] == "resolution" else own
            for place, (answer, own) in enumerate(
                zip(choices.to_indices(student), self._openings.largest, strict=True)
            )
        ]
        return choices.from_indices(picked)

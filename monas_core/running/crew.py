"""What the processes of a run do together: each request as rank 0 makes it and all carry it out.

Rank 0 decides, writes and shows; the others wait for requests and hold nothing but weights and a
trainer. A training step is taken by all in lockstep on the same batch, of which each works off
its share; so all have the same weights after it, and none need be sent.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from monas_core.computing.pieces import clear, gradient, part_of
from monas_core.computing.ranks import RankLostError
from monas_core.errors import Diverged, MonasError
from monas_core.parts.helpers import Helpers
from monas_core.parts.scoring import weights_state
from monas_core.parts.supernet import RelaxedSupernet
from monas_core.parts.task import Batch, Part
from monas_core.parts.trainer import TrainingReport
from monas_core.running import rounds
from monas_core.running.session import Session
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation

END = "end"
_LOG = logging.getLogger(__name__)


class Crew(Helpers):
    """All processes of a run, seen from rank 0.

    Args:
        session: Of rank 0.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ranks = session.plan.ranks
        self._seen: tuple[object, ...] | None = None  # weights that all have

    def step_together(self) -> None:
        """Have the others take the coming step of the trainer, too."""
        if self._ranks.count == 1 or not self._session.plan.shares_training:
            return
        if self._seen != self._state():
            self._ask(do="load", state=training_state(self._session))
        self._ask(do="step")

    def stepped(self) -> None:
        """The step was taken: the others have the same weights now."""
        if self._session.plan.shares_training:
            self._seen = self._state()

    def scores(
        self, architectures: Sequence[Architecture], part: Part
    ) -> dict[Architecture, Mapping[str, float]]:
        """Each process judges every so-manieth subnet."""
        self._send_weights()
        rows = population.encode(self._session.plan.space.choices, architectures)
        self._ask(do="scores", rows=rows, part=part)
        shares = _scores(self._session, {"rows": rows, "part": part})
        pairs = (
            pair
            for number, share in enumerate(shares)
            for pair in zip(architectures[number :: self._ranks.count], share, strict=True)
        )
        return {architecture: told for architecture, told in pairs if told is not None}

    def losses(
        self, generator: torch.Generator, size: int, relaxation: Relaxation
    ) -> tuple[Tensor, Tensor]:
        """Each process takes some of the rows, and their samples."""
        self._send_weights()
        request = {
            "generator": generator.get_state(), "size": size, "weights": relaxation.weights.detach()
        }  # fmt: skip
        self._ask(do="losses", **request)
        shares = _losses(self._session, request)
        losses, gradients = zip(*shares, strict=True)
        return torch.cat(losses), torch.cat(gradients)

    def lesson(self, generator: torch.Generator, size: int, architecture: Architecture) -> None:
        """Gradients are added up; rank 0 alone updates the weights, which are sent when needed."""
        self._send_weights()
        row = population.encode(self._session.plan.space.choices, [architecture])
        self._ask(do="lesson", generator=generator.get_state(), size=size, row=row)

    def trainings(self, run: Path, architectures: Sequence[Architecture]) -> None:
        """Have each of the others train one of these alone; what came of it is gathered later."""
        self._send_weights()
        rows = population.encode(self._session.plan.space.choices, architectures)
        self._ask(do="trainings", rows=rows, **rounds.begun(run, architectures))

    def _send_weights(self) -> None:
        if self._seen != self._state():
            supernet = self._session.context.require_supernet()
            self._ask(do="weights", weights=supernet.state_dict())
            self._seen = self._state()

    def _state(self) -> tuple[object, ...]:
        return weights_state(self._session.context.require_supernet())

    def _ask(self, **request: Any) -> None:
        self._ranks.tell(request)


def training_state(session: Session) -> dict[str, Any]:
    """What a process needs to take the next step of the trainer."""
    whole = session.state_dict()
    return {name: whole[name] for name in ("supernet", "rate_factor", "engine", "trainer", "loss")}


def serve(session: Session) -> None:
    """Carry out what rank 0 asks for, until it says that this is the end."""
    ranks = session.plan.ranks
    while True:
        request = ranks.tell()
        if request["do"] == END:
            return
        try:
            _REQUESTS[request["do"]](session, request)
        except RankLostError:
            raise
        except MonasError as fault:
            _LOG.debug("as in rank 0, which sees to it: %s", fault)


def trained_together(session: Session) -> tuple[TrainingReport, Mapping[str, float]]:
    """One step of the trainer, with the searched parameters of the loss following; all losses."""
    trainer, lessons = session.trainer, session.loss_lessons
    report = trainer.step()
    return report, {**report.losses, **(lessons.follow(trainer.done) if lessons else {})}


def _load(session: Session, request: Mapping[str, Any]) -> None:
    session.phase = "warm-up"
    session.take_over(request["state"])


def _step(session: Session, _: Mapping[str, Any]) -> None:
    trained_together(session)


def _weights(session: Session, request: Mapping[str, Any]) -> None:
    session.context.require_supernet().load_state_dict(request["weights"])


def _scores(session: Session, request: Mapping[str, Any]) -> list[list[dict[str, float] | None]]:
    """By rank, those of every so-manieth row; ``None`` where the weights are no good."""
    ranks, context = session.plan.ranks, session.context
    own = request["rows"][ranks.number :: ranks.count]
    found: list[dict[str, float] | None] = []
    for architecture in population.decode(session.plan.space.choices, own):
        try:
            found.append(dict(context.scores(architecture, request["part"])))
        except Diverged:
            found.append(None)
    return ranks.collect(found)


@torch.enable_grad()
def _losses(session: Session, request: Mapping[str, Any]) -> list[tuple[Tensor, Tensor]]:
    """By rank, losses and gradients of its rows."""
    context, ranks = session.context, session.plan.ranks
    place, task = context.torch_device, context.require_task()
    supernet = cast("RelaxedSupernet", context.require_supernet()).eval()
    batch = _drawn(session, request)
    count = len(request["weights"])
    rows = ranks.share(count)
    each = request["size"] // count
    samples = slice(rows.start * each, rows.stop * each)
    weights = request["weights"][rows].requires_grad_()
    if rows.start == rows.stop:
        return ranks.collect([weights.new_zeros(0), weights.detach()])
    own = part_of(batch, samples).to(place)
    relaxation = Relaxation(session.plan.space.choices, weights.to(place))
    found = task.loss(supernet(own.inputs, relaxation), own.targets)
    losses = found.reshape(len(weights), -1).mean(1)
    (at_rows,) = torch.autograd.grad(losses.sum(), weights)
    return ranks.collect([losses.detach().cpu(), at_rows.cpu()])


def _lesson(session: Session, request: Mapping[str, Any]) -> None:
    context = session.context
    task, supernet = context.require_task(), context.require_supernet()
    (architecture,) = population.decode(session.plan.space.choices, request["row"])
    supernet.train()

    def losses(piece: Batch) -> Mapping[str, Tensor]:
        outputs = supernet(piece.inputs, architecture)
        return {"loss": task.loss(outputs, piece.targets).mean()}

    parameters = list(supernet.parameters())
    gradient(parameters, _drawn(session, request), losses, context.engine)
    clear(parameters)
    supernet.eval()


def _drawn(session: Session, request: Mapping[str, Any]) -> Batch:
    generator = torch.Generator()
    generator.set_state(request["generator"])
    return session.context.require_task().batch("train", request["size"], generator)


_REQUESTS = {
    "load": _load,
    "step": _step,
    "weights": _weights,
    "scores": _scores,
    "losses": _losses,
    "lesson": _lesson,
    "trainings": rounds.take_part,
}

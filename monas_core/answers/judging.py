"""What a finished run says of architectures: answers to wishes, and values."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from torch import nn

from monas_core.answers import targets
from monas_core.answers.picking import Picker
from monas_core.catalog.lookup import Catalog
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.supernet import Supernet
from monas_core.problem.evaluator import Evaluator
from monas_core.record.frontfile import member_of
from monas_core.running.absent import require_space
from monas_core.running.finish import predicted
from monas_core.running.limits import vocabulary
from monas_core.running.session import Session
from monas_core.train.weights import subnet
from monas_core.values.architecture import Architecture
from monas_core.values.budget import Meter
from monas_core.values.constraint import Constraint, overridden
from monas_core.values.member import Front, Member
from monas_core.values.value import Evaluation


@attrs.frozen
class Asked:
    """A wish as a person states it.

    Attributes:
        device: Name of a device, or path of a profile.
        prefer: Weights by objective; ``None`` weighs all alike.
        limits: What must hold.
        stated: More limits, in natural units, by ``max``, ``min`` and ``target``.
        verify: Measure the answer now.
    """

    device: str | Path
    prefer: Mapping[str, float] | str | None
    limits: Sequence[Constraint]
    stated: Mapping[str, Mapping[str, Any]]
    verify: bool


def picked(
    session: Session,
    catalog: Catalog,
    devices: Sequence[str],
    front: Callable[[str], Front],
    asked: Asked,
) -> Member:
    """The architecture for a wish.

    Args:
        session: Of the run, loaded.
        catalog: What is installed.
        devices: That have a front.
        front: Gives it.
        asked: The wish.

    Raises:
        UsageError: A bad preference, an unknown device, or limits nothing meets.
    """
    plan = session.plan
    words = vocabulary(catalog, plan.objectives)
    preference = words.preference(words.evenly if asked.prefer is None else asked.prefer)
    place = targets.find(asked.device, session, catalog)
    name = place.device.name
    given = (*words.named(asked.limits), *words.limits(asked.stated, [*devices, name]))
    wanted = overridden(plan.limits, given, name)
    known = [str(asked.device)] if asked.device in devices else devices
    picker = Picker(session, [front(other) for other in known], place)
    return picker.pick(preference, wanted, verify=asked.verify)


def from_front(session: Session, catalog: Catalog, front: Front) -> Callable[[Any], Member]:
    """Answers weights by objective from a front of the run alone; it must have members."""
    words = vocabulary(catalog, session.plan.objectives)
    picker = Picker(session, [front], targets.find(front.device, session, catalog))
    return lambda prefer: picker.stored(words.preference(prefer))


def evaluated(
    session: Session,
    catalog: Catalog,
    run: Path,
    architecture: Architecture,
    device: str,
    weights: str,
) -> Member:
    """Values on unseen data and on a device; quality with ``weights`` (as for ``subnet``).

    Raises:
        UsageError: An unknown device, or there are no such weights or no data to judge them.
    """
    target = targets.find(device, session, catalog).device
    expected: Mapping[str, float] = {}
    if weights == "inherited":
        evaluation = session.evaluator.evaluate([architecture], target, "final")[0]
        expected = predicted(session, target, [architecture])[0]
    else:
        require_space(session.plan)
        evaluation = _judged_alone(session, run, architecture, target, weights)
    return attrs.evolve(member_of(evaluation, expected), device=target.name)


def _judged_alone(
    session: Session, run: Path, architecture: Architecture, device: Device, weights: str
) -> Evaluation:
    """Values on unseen data with a subnet's own weights; costs as they are known.

    Raises:
        UsageError: There are no such weights, or the data are not there.
    """
    network, _ = subnet(session.context, run, architecture, weights)
    context = session.context
    alone = Context(context.space, context.task, _Alone(network), torch_device=context.torch_device)
    alone.workloads.update(context.workloads)
    objectives = session.plan.objectives
    evaluator = Evaluator(alone, objectives, Meter(session.plan.config.budget))
    found = {
        objective.short: (
            evaluator if objective.device_metric is None else session.evaluator
        ).values(objective, [architecture], device, "final")[0]
        for objective in objectives
    }
    return Evaluation(architecture, device.name, found, "final")


class _Alone(Supernet):
    """One network that stands where subnets are asked for."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Any, architectures: Architecture) -> Any:  # noqa: ARG002
        """Outputs of the network."""
        return self.network(inputs)

    def extract(self, architecture: Architecture) -> nn.Module:  # noqa: ARG002
        """A copy of it."""
        return copy.deepcopy(self.network)

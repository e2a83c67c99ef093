"""The only way to objective values: evaluates, caches, counts what it costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from monas_core.parts.context import Context
from monas_core.parts.device import Device, identity
from monas_core.parts.objective import Objective, sign
from monas_core.parts.soundness import check_values
from monas_core.record.archive import Known
from monas_core.values.architecture import Architecture
from monas_core.values.budget import Meter
from monas_core.values.value import Evaluation, Split, Value

Listener = Callable[[Known], None]


class Evaluator:
    """Values of architectures, each obtained once.

    A value of an objective that is the same on every device is shared by all
    devices. Evaluating an architecture's queried objectives on the ``search``
    split counts once towards ``meter.evaluations``. Values belong to the content of a
    device's profile, not to its name.

    Args:
        context: Handed to objectives.
        objectives: The order of all objective vectors.
        meter: Counts queries.
        devices: Whose values are written, and remembered, under their names alone; another
            device of one of these names is told apart.

    Attributes:
        revision: Grows whenever values that were known are not those that are known now.
    """

    def __init__(
        self,
        context: Context,
        objectives: Sequence[Objective],
        meter: Meter,
        devices: Iterable[Device] = (),
    ) -> None:
        self.context = context
        self.objectives = tuple(objectives)
        self.meter = meter
        self.revision = 0
        self._known: dict[tuple[str, str, Split, Architecture], Value] = {}
        self._estimates: dict[tuple[str, str, Architecture], Value] = {}
        self._counted: set[Architecture] = set()
        self._queried: list[Architecture] = []
        self._listeners: list[Listener] = []
        self._owners = {device.name: identity(device) for device in devices}

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with every value the moment it is first known."""
        self._listeners.append(listener)

    def values(
        self,
        objective: Objective,
        architectures: Sequence[Architecture],
        device: Device | None,
        split: Split = "search",
    ) -> list[Value]:
        """The well-founded values of one objective (queried, measured, ...), cached.

        Raises:
            Unavailable: A value cannot be had.
            PluginError: The objective returned something other than finite values.
        """
        where = device if objective.device_metric is not None else None
        prefix = (objective.name, self._label(where), split)
        missing = [a for a in dict.fromkeys(architectures) if (*prefix, a) not in self._known]
        if objective.population_relative:
            return self._ask(objective, list(architectures), where, split)
        if missing:
            for architecture, value in zip(
                missing, self._ask(objective, missing, where, split), strict=True
            ):
                self._add(Known(*prefix, architecture, value))
            if objective.query and split == "search":
                self._count(missing)
        return [self._known[(*prefix, a)] for a in architectures]

    def estimates(
        self, objective: Objective, architectures: Sequence[Architecture], device: Device
    ) -> list[Value]:
        """Cheap values for many architectures; exact where exact is cheap. Not for queries."""
        where = device if objective.device_metric is not None else None
        if objective.population_relative:
            found = objective.estimate(list(architectures), where, self.context)
            self._check(objective, architectures, found)
            return found
        prefix = (objective.name, self._label(where))
        missing = [a for a in dict.fromkeys(architectures) if (*prefix, a) not in self._estimates]
        if missing:
            found = objective.estimate(missing, where, self.context)
            self._check(objective, missing, found)
            for architecture, value in zip(missing, found, strict=True):
                self._estimates[(*prefix, architecture)] = value
        return [self._estimates[(*prefix, a)] for a in architectures]

    def matrix(
        self, architectures: Sequence[Architecture], device: Device, *, exact: bool = False
    ) -> Tensor:
        """All objectives as minimised numbers, ``(n, M)`` float64.

        Queried objectives are evaluated on the search split; costs are estimates
        unless ``exact``.
        """
        columns: list[list[float]] = []
        for objective in self.objectives:
            if exact or objective.query or objective.population_relative:
                found = self.values(objective, architectures, device)
            else:
                found = self.estimates(objective, architectures, device)
            columns.append([sign(objective) * value.value for value in found])
        return torch.tensor(columns, dtype=torch.float64).T.reshape(-1, len(columns))

    def evaluate(
        self, architectures: Sequence[Architecture], device: Device, split: Split
    ) -> list[Evaluation]:
        """Complete, well-founded evaluations on one device."""
        begin = time.perf_counter()
        table = {o.short: self.values(o, architectures, device, split) for o in self.objectives}
        seconds = (time.perf_counter() - begin) / max(1, len(architectures))
        return [
            Evaluation(a, device.name, {n: v[i] for n, v in table.items()}, split, seconds)
            for i, a in enumerate(architectures)
        ]

    def renew(
        self, architectures: Sequence[Architecture], device: Device, split: Split, times: int
    ) -> None:
        """Replace the costs on a device by the middle one of ``times`` fresh values.

        What was chosen for a low measurement was lucky more often than not; fresh ones are not.
        """
        self.revision += 1
        wanted = list(dict.fromkeys(architectures))
        costs = [o for o in self.objectives if o.device_metric is not None]
        rounds: list[list[list[Value]]] = []
        for _ in range(times):
            device.forget(wanted)
            rounds.append([self._ask(o, wanted, device, split) for o in costs])
        for objective, tries in zip(costs, zip(*rounds, strict=True), strict=True):
            for architecture, found in zip(wanted, zip(*tries, strict=True), strict=True):
                middle = sorted(found, key=lambda value: value.value)[times // 2]
                where = self._label(device)
                self._add(Known(objective.name, where, split, architecture, middle))

    def remember(self, known: Iterable[Known]) -> None:
        """Put values back that an earlier part of the run obtained."""
        self.revision += 1
        queried = {objective.name for objective in self.objectives if objective.query}
        counted: dict[Architecture, None] = {}
        for item in known:
            self._known[item[:4]] = item.value
            if item.objective in queried and item.split == "search":
                counted[item.architecture] = None
        self._count(counted)

    def forget_quality(self, keep: Iterable[Architecture] = ()) -> None:
        """Drop qualities on the search split: the weights they came from have moved on.

        What was counted stays counted.

        Args:
            keep: Evaluated since.
        """
        self.revision += 1
        kept = set(keep)
        queried = {objective.name for objective in self.objectives if objective.query}
        for name, where, split, architecture in list(self._known):
            if name in queried and split == "search" and architecture not in kept:
                del self._known[name, where, split, architecture]

    def queried(self, start: int = 0) -> list[Architecture]:
        """Architectures whose quality the search has paid for, in order, from one on."""
        return self._queried[start:]

    def evaluated(self) -> list[Architecture]:
        """Architectures of which any value is known."""
        return list(dict.fromkeys(architecture for *_, architecture in self._known))

    def _label(self, device: Device | None) -> str:
        """What values on a device are kept under: its name, or that and its identity.

        The name alone belongs to the first device that bears it.
        """
        if device is None:
            return ""
        content = identity(device)
        if self._owners.setdefault(device.name, content) == content:
            return device.name
        return f"{device.name}#{content}"

    def _count(self, queried: Iterable[Architecture]) -> None:
        """Let distinct architectures count as paid for, each once."""
        fresh = [a for a in queried if a not in self._counted]
        self._counted.update(fresh)
        self._queried += fresh
        self.meter.evaluations = len(self._queried)

    def _add(self, known: Known) -> None:
        self._known[known[:4]] = known.value
        for listener in self._listeners:
            listener(known)

    def _ask(
        self,
        objective: Objective,
        architectures: list[Architecture],
        device: Device | None,
        split: Split,
    ) -> list[Value]:
        self.context.ahead = tuple(architectures) if objective.query else ()
        try:
            found = objective.evaluate(architectures, device, self.context, split)
        finally:
            self.context.ahead = ()
        self._check(objective, architectures, found)
        return found

    @staticmethod
    def _check(objective: Objective, asked: Sequence[Architecture], found: Sequence[Value]) -> None:
        who = f'Objective "{objective.name}"'
        check_values(who, asked, found, objective.unit, diverged=objective.query)

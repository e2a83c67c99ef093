"""What one given network costs on every device, with the origin of each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from monas_core.answers.given import Call, Given
from monas_core.catalog.lookup import Catalog
from monas_core.errors import MonasError, Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.space import SearchSpace, WarmUp
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.profiling import profile as profiles
from monas_core.profiling.device import Profiled
from monas_core.running.capacity import capacity_mb, needs_mb
from monas_core.running.devices import Named, look_up
from monas_core.values.architecture import Architecture, Choice
from monas_core.values.choices import ChoiceSet

METRICS = ("latency_ms", "energy_mj", "memory_mb")


class OneNetwork(SearchSpace):
    """A space of one architecture."""

    name: ClassVar[str] = "given"
    modalities: ClassVar[frozenset[str]] = frozenset({"given"})
    presets: ClassVar[tuple[str, ...]] = ("given",)

    def __init__(self, given: Given) -> None:
        self.preset = "given"
        self.choices = ChoiceSet("given", 1, [Choice("network", (given.name,))])
        self.warm_up = WarmUp(0, 1, 1e-3)
        self._given = given

    @classmethod
    def tiny(cls) -> OneNetwork:
        """There is none: the network is the caller's."""
        raise NotImplementedError

    def supernet(self, task: Task) -> Supernet:
        """There is none: nothing is searched."""
        raise NotImplementedError

    def build(self, architecture: Architecture, task: Task) -> nn.Module:  # noqa: ARG002
        """The network. Unavailable where it is a file that torch does not run."""
        if self._given.module is None:
            raise Unavailable(
                f"{self._given.name} does not run here: convert it, or time it there."
            )
        return Call(self._given.module)

    def references(self) -> list[Architecture]:
        """The one."""
        return [self.choices.from_indices([0])]


class _Inputs(Task):
    """Gives the network's own inputs, and nothing to learn."""

    name = "given"
    modality = "given"  # pyright: ignore[reportAssignmentType]
    n_outputs = 1
    score = Score("none", "", "min")

    def __init__(self, given: Given) -> None:
        self._given = given

    def describe(self) -> Mapping[str, Any]:
        """Nothing is known."""
        return {}

    def batch(self, part: Part, size: int, generator: Any) -> Batch:
        """There is nothing to learn from."""
        raise NotImplementedError

    def loss(self, outputs: Any, targets: Any) -> Tensor:
        """There is nothing to learn."""
        raise NotImplementedError

    def evaluate(self, model: Model, part: Part) -> dict[str, float]:
        """There is nothing to judge by."""
        raise NotImplementedError

    def example(self, batch: int) -> Any:
        """The inputs as they came. Unavailable for another number of samples."""
        if batch != 1:
            raise Unavailable(f"{self._given.name} came with inputs of its own, not with {batch}.")
        return self._given.inputs


def context_of(given: Given) -> tuple[Context, Architecture]:
    """A network where a device expects a search space."""
    context = Context(OneNetwork(given), _Inputs(given))
    (architecture,) = context.space.references()
    context.workloads[architecture, 1] = given.workload
    return context, architecture


def costs(given: Given, names: Sequence[str], catalog: Catalog) -> list[dict[str, Any]]:
    """One row per device: values with unit and origin, what cannot be had with the reason.

    Raises:
        UsageError: A device that does not exist, before anything is computed.
    """
    context, architecture = context_of(given)
    wanted = [look_up(name, catalog) for name in names]
    return [_row(named, given, context, architecture, catalog) for named in wanted]


def _row(
    named: Named, given: Given, context: Context, architecture: Architecture, catalog: Catalog
) -> dict[str, Any]:
    if named.entry is None:
        return _predicted(named, given, catalog)
    device = named.make(context)
    row: dict[str, Any] = {"device": device.name, "values": {}, "reasons": {}}
    for metric in METRICS:
        try:
            if metric not in device.metrics:
                raise Unavailable(f"it gives {', '.join(sorted(device.metrics))}")
            (value,) = device.cost(metric, [architecture], context)
            row["values"][metric] = value.to_json()
        except MonasError as error:
            row["reasons"][metric] = str(error)
    return row | _fit(device, context, architecture)


def _fit(device: Device, context: Context, architecture: Architecture) -> dict[str, Any]:
    has = capacity_mb(device)
    if has is None:
        return {}
    (needs,) = needs_mb(device, [architecture], context)
    return {"has_mb": has, "fits": needs <= has}


def _predicted(named: Named, given: Given, catalog: Catalog) -> dict[str, Any]:
    """From the cost model of a measured profile, fitted on the space it was measured on."""
    source = profiles.from_json(named.document, f"Profile {named.text}")
    row: dict[str, Any] = {"device": source.name, "values": {}, "reasons": {}}
    try:
        task, _, argument = source.task.partition(":")
        own = Context(
            catalog.create("space", source.space, preset=source.preset),
            catalog.create("task", task, argument=argument or None),
        )
        device = Profiled(source, own)
        for metric in source.metrics:
            value = device.of_workload(metric, given.workload, own)
            row["values"][metric] = value.to_json()
    except MonasError as error:
        row["reasons"] = dict.fromkeys(METRICS, str(error))
    return row

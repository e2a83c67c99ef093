"""Hardware targets and the vectors that describe them to a search.

"Device" is always a hardware target; torch's own is ``torch_device``.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import attrs

from monas_core.errors import MonasError, Unavailable
from monas_core.values.architecture import Architecture
from monas_core.values.value import Origin, Value

if TYPE_CHECKING:
    from torch import Tensor

    from monas_core.parts.context import Context


@attrs.frozen
class Figure:
    """A datasheet figure with its unit and public source."""

    value: float
    unit: str
    source: str


@attrs.frozen
class DeviceProfile:
    """Description of a target, as stored in JSON.

    Attributes:
        name: As given on the command line.
        processor: Product name.
        runtime: What executes networks there, with version where measured.
        precision: One of ``monas_core.values.value.PRECISIONS``.
        batch: Samples per inference.
        origin: Of the values this device gives.
        kind: ``phone``, ``laptop``, ``edge``, ``server-cpu``, ``datacentre-gpu``, ...
        figures: What the values are computed from, by name, each with its source.
        date: When measured or compiled, ISO.
    """

    name: str
    processor: str
    runtime: str
    precision: str
    batch: int
    origin: Origin
    kind: str = "other"
    figures: Mapping[str, Figure] = attrs.field(factory=dict)
    date: str = ""


class Device(ABC):
    """A hardware target that can say what an architecture costs there.

    Attributes:
        profile: Its description.
        metrics: Names of the costs it can give, with units in the name
            (``latency_ms``, ``energy_mj``, ``memory_mb``).
        available: Whether values can be had here and now (a measuring device is
            available only on its own machine).
        instant: Whether ``estimate`` answers ten thousand architectures in a second, as
            a table does, so that a search may ask for a whole space.
        document: What a device named with an argument was read from, as JSON values: a run
            keeps it, and the factory makes the device again from it (``document=``). ``None``
            for a device that its name alone describes.
    """

    profile: DeviceProfile
    metrics: frozenset[str]
    available: ClassVar[bool] = True
    instant: ClassVar[bool] = False
    document: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """Name of the profile."""
        return self.profile.name

    @abstractmethod
    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """The best-founded value of each architecture (a measuring device measures).

        Raises:
            Unavailable: The device cannot give this metric for an architecture.
        """

    def estimate(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """A value cheap enough to ask for thousands of architectures; by default ``cost``.

        Measuring devices answer from a model fitted to few measurements, origin "predicted".
        """
        return self.cost(metric, architectures, context)

    def forget(self, architectures: Sequence[Architecture]) -> None:  # noqa: B027 - optional
        """Let the next ``cost`` of these be obtained anew; nothing where costs never vary."""

    def facts(self) -> Mapping[str, Any]:
        """What is known about this target beyond the profile, as plain values.

        For ``monas info`` and ``monas doctor``.
        """
        return {}

    def state_dict(self) -> Mapping[str, Any]:
        """What ``estimate`` has learnt, as JSON values."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:  # noqa: B027 - optional
        """Inverse of ``state_dict``."""


def identity(device: Device) -> str:
    """Which device this is, by content: 16 hexadecimal digits.

    Two devices of one name that say different things differ, and a copy under another name
    does not. Name and date do not count.
    """
    source = device.profile if device.document is None else device.document
    known = _DIGESTS.get(device)
    if known is None or known[0] is not source:
        document = attrs.asdict(device.profile) if device.document is None else device.document
        content = {key: value for key, value in document.items() if key not in ("name", "date")}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        known = source, hashlib.sha256(text.encode()).hexdigest()[:16]
        _DIGESTS[device] = known
    return known[1]


_DIGESTS: WeakKeyDictionary[Device, tuple[object, str]] = WeakKeyDictionary()
"""Of devices asked for before, each with what it was computed from: documents are long."""


class HardwareEmbedding(ABC):
    """From a device to a vector that a hypernetwork or predictor is conditioned on."""

    @abstractmethod
    def embed(self, device: Device, metrics: Sequence[str], context: Context) -> Tensor:
        """A finite vector ``(E,)``, float32; E depends only on metrics and space."""


def require_metric(
    device: Device,
    metric: str,
    wanted_by: str,
    fault: Callable[[str], MonasError] = Unavailable,
) -> None:
    """Refuse a cost that a device does not offer.

    Args:
        device: Who is asked.
        metric: Name of the cost, ``latency_ms`` say.
        wanted_by: Who asks, for the message: ``objective "energy"``.
        fault: What is raised.

    Raises:
        Unavailable: The device lacks the metric.
    """
    if metric not in device.metrics:
        raise fault(
            f'{wanted_by[:1].upper()}{wanted_by[1:]} needs {metric}, which device "{device.name}" '
            f"cannot give (it gives: {', '.join(sorted(device.metrics)) or 'nothing'}); "
            "leave out one of them."
        )

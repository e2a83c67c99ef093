"""Who a wish is for: a device of the run, an installed one, or a profile from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.device import Device
from monas_core.profiling.device import Profiled
from monas_core.profiling.measure import measures_like, measuring_device
from monas_core.profiling.profile import Profile
from monas_core.running.matching import match_metrics
from monas_core.running.session import Session

_SUFFIX = ".json"


@attrs.frozen(eq=False)
class Target:
    """A device, and what can be done there.

    Attributes:
        device: Who tells the costs.
        zero_shot: It is known by a profile alone: its costs are predicted.
        catalog: What is installed.
        settings: With which this machine measures it; ``None`` where it is another machine.
    """

    device: Device
    zero_shot: bool
    catalog: Catalog
    settings: dict[str, Any] | None = None

    @property
    def measurable(self) -> bool:
        """Whether costs can be measured now."""
        measures = self.device.profile.origin == "measured" and self.device.available
        return self.settings is not None if self.zero_shot else measures

    def remeasure(self) -> Device:
        """A device that measures the same and has measured nothing yet.

        Raises:
            UsageError: This machine cannot.
        """
        profile = self.device.profile
        if not self.measurable:
            why = (
                f"it is {profile.processor} with {profile.runtime}, and this machine is not"
                if self.zero_shot
                else f"its values are {profile.origin}"
            )
            raise UsageError(
                f'Nothing can be measured here for device "{profile.name}": {why}; '
                "leave out --verify."
            )
        if self.zero_shot:
            return measuring_device(self.catalog, **(self.settings or {}))
        return self.catalog.create("device", self.device.name)


def is_file(device: str | Path) -> bool:
    """Whether a device is named by its profile file rather than by a name."""
    return isinstance(device, Path) or device.endswith(_SUFFIX) or "/" in device


def find(device: str | Path, session: Session, catalog: Catalog) -> Target:
    """The device a person named: by name, or by the path of a profile.

    Raises:
        UsageError: Unknown, or its profile does not fit the run, or a metric is missing.
    """
    plan = session.plan
    if is_file(device):
        source = _renamed(Profile.read(Path(device)), {d.name for d in plan.all_devices})
        made = Profiled(source, session.context)
        match_metrics(plan.objectives, [made])
        settings = measures_like(source, catalog)
        here = source.notes.get("torch_device", str(session.context.torch_device))
        if here != str(session.context.torch_device):
            settings = None
        return Target(made, zero_shot=True, catalog=catalog, settings=settings)
    for known in plan.all_devices:
        if known.name == device:
            return Target(known, zero_shot=False, catalog=catalog)
    installed: Device = catalog.create("device", str(device))
    match_metrics(plan.objectives, [installed])
    return Target(installed, zero_shot=False, catalog=catalog)


def _renamed(source: Profile, taken: set[str]) -> Profile:
    """Under a name of its own: what is known of a run's device is known by its name."""
    name = source.name
    while name in taken:
        name += " (profile)"
    return attrs.evolve(source, name=name)

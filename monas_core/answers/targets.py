"""Who a wish is for: a device of the run, an installed one, or a profile from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.device import Device, DeviceProfile, identity
from monas_core.profiling.device import Profiled
from monas_core.profiling.measure import measures_like, measuring_device
from monas_core.running.devices import look_up, made_again
from monas_core.running.matching import match_metrics
from monas_core.running.session import Session


@attrs.frozen(eq=False)
class Target:
    """A device, and what can be done there.

    Attributes:
        device: Who tells the costs.
        zero_shot: It is known by a profile alone that no search has seen.
        catalog: What is installed.
        session: Of the run that is asked.
        settings: With which this machine measures it; ``None`` where it is another machine.
    """

    device: Device
    zero_shot: bool
    catalog: Catalog
    session: Session
    settings: dict[str, Any] | None = None

    @property
    def measurable(self) -> bool:
        """Whether costs can be measured now."""
        if isinstance(self.device, Profiled):
            return self.settings is not None
        return self.device.profile.origin == "measured" and self.device.available

    def remeasure(self) -> Device:
        """A device that measures the same and has measured nothing yet.

        Raises:
            UsageError: This machine cannot.
        """
        profile = self.device.profile
        if not self.measurable:
            why = (
                f"it is {profile.processor} with {profile.runtime}, and this machine is not"
                if isinstance(self.device, Profiled)
                else f"its values are {profile.origin}"
            )
            raise UsageError(
                f'Nothing can be measured here for device "{profile.name}": {why}; '
                "leave out --verify."
            )
        if isinstance(self.device, Profiled):
            return measuring_device(self.catalog, **(self.settings or {}))
        config, context = self.session.plan.config, self.session.context
        return made_again(self.device, config, self.catalog, context)


def find(device: str | Path, session: Session, catalog: Catalog) -> Target:
    """The device a person named: one of the run, or what ``running.devices`` understands.

    Raises:
        UsageError: Unknown, or its profile does not fit the run, or a metric is missing.
    """
    plan = session.plan
    for known in plan.all_devices:
        if known.name == device:
            return _target(known, session, catalog, stranger=False)
    made = look_up(device, catalog).make(session.context)
    for known in plan.all_devices:
        if known.name == made.name and identity(known) == identity(made):
            return _target(known, session, catalog, stranger=False)
    made.profile = _renamed(made.profile, {d.name for d in plan.all_devices})
    match_metrics(plan.objectives, [made])
    return _target(made, session, catalog, stranger=True)


def _target(device: Device, session: Session, catalog: Catalog, *, stranger: bool) -> Target:
    if not isinstance(device, Profiled):
        return Target(device, zero_shot=False, catalog=catalog, session=session)
    source, place = device.source, str(session.context.torch_device)
    here = source.notes.get("torch_device", place) == place
    settings = measures_like(source, catalog) if here else None
    return Target(device, zero_shot=stranger, catalog=catalog, session=session, settings=settings)


def _renamed(profile: DeviceProfile, taken: set[str]) -> DeviceProfile:
    """Under a name of its own: what is known of a run's device is known by its name."""
    name = profile.name
    while name in taken:
        name += " (profile)"
    return attrs.evolve(profile, name=name)

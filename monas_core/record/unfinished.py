"""The fronts of a run that has not ended, as far as its log knows them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import attrs

from monas_core.errors import Caution, UsageError
from monas_core.events import FrontChanged, RunStarted
from monas_core.record import given_store
from monas_core.record.rundir import RunFolder
from monas_core.record.soundness import events_fault
from monas_core.values.member import Front, Member, ObjectiveView


def fronts_so_far(folder: RunFolder) -> dict[str, Front]:
    """The latest front of each device that the search has told of, by name.

    Quality is that on search data, costs are estimates; the points of the box are the ends of the
    members.

    Raises:
        UsageError: Nothing has been searched yet, or the log is damaged.
    """
    started: RunStarted | None = None
    latest: dict[str, FrontChanged] = {}
    for event in folder.events():
        if isinstance(event, RunStarted):
            started = event
        elif isinstance(event, FrontChanged) and event.members:
            latest[event.device] = event
    fault = events_fault(folder)
    if fault:
        warnings.warn(f"{fault} The fronts so far may be older ones.", Caution, stacklevel=2)
    if started is None or not latest:
        raise UsageError(
            f"Run {folder.path} is not finished (it has no result.json), and its search has found "
            f"no front yet; go on with: {given_store.going_on(folder.path)}"
            + (f" ({fault.rstrip('.')})" if fault else "")
        )
    objectives = [
        ObjectiveView.from_json({"unit": "", "direction": "min", **o}) for o in started.objectives
    ]
    return {name: _front(started, event, objectives) for name, event in latest.items()}


def _front(started: RunStarted, event: FrontChanged, objectives: Sequence[ObjectiveView]) -> Front:
    names = [objective.name for objective in objectives]
    members = [
        attrs.evolve(member, origin={name: member.origin.get(name, "") for name in names})
        for member in map(Member.from_json, event.members)
        if all(name in member.values for name in names)
    ]
    columns = {name: [member.values[name] for member in members] for name in names}
    ends = [
        sorted((min(columns[o.name]), max(columns[o.name])), reverse=o.direction == "max")
        for o in objectives
    ] if members else [(0.0, 0.0) for _ in objectives]  # fmt: skip
    return Front(
        space=started.space,
        device=event.device,
        held_out=event.device in started.held_out,
        objectives=tuple(objectives),
        reference_point=tuple(worst for _, worst in ends),
        ideal_point=tuple(best for best, _ in ends),
        hypervolume=event.hypervolume,
        members=tuple(members),
        limits=tuple(event.limits),
    )

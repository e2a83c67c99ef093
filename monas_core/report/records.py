"""What a report is made of: everything the folder of a finished run says, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from monas_core.errors import UsageError
from monas_core.record import surroundings
from monas_core.record.front_store import read_front
from monas_core.record.given_store import going_on
from monas_core.record.rundir import RunFolder
from monas_core.report.history import History, told
from monas_core.values.member import Front


@attrs.frozen
class Record:
    """A finished run, as its files tell it.

    Attributes:
        path: The run folder.
        config_text: ``config.yaml`` as written.
        objectives: As the configuration and the archive call them, in the order of the fronts.
        environment: ``env.json``: versions and machine.
        seconds: Duration by phase, with ``total``.
        fronts: By device, search devices first.
        history: What the event log says of the run and its progress.
    """

    path: Path
    config_text: str
    objectives: Sequence[str]
    environment: Mapping[str, Any]
    seconds: Mapping[str, float]
    fronts: Mapping[str, Front]
    history: History


def read_record(folder: RunFolder) -> Record:
    """Everything a report needs of a run.

    Raises:
        UsageError: The run is not finished, or one of its files is missing or damaged.
    """
    path = folder.path
    if not folder.finished:
        again = going_on(path)
        raise UsageError(
            f"Run {path} is not finished: it has no result.json; finish it with: {again}"
        )
    config = folder.config
    result = folder.result()
    devices = [*(config.devices or ()), *(config.held_out or ())] or list(result["devices"])
    return Record(
        path=path,
        config_text=folder.at("config.yaml").read_text(encoding="utf-8"),
        objectives=tuple(config.objectives or ()),
        environment=surroundings.read(folder.at(surroundings.FILE)),
        seconds=result["seconds"],
        fronts={name: read_front(folder.at("front", f"{name}.json")) for name in devices},
        history=told(folder),
    )

"""What a report is made of: everything the folder of a finished run says, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from monas_core.errors import UsageError
from monas_core.record.frontfile import read_front
from monas_core.record.rundir import RunFolder
from monas_core.report.history import History, told


@attrs.frozen
class Record:
    """A finished run, as its files tell it.

    Attributes:
        path: The run folder.
        config_text: ``config.yaml`` as written.
        environment: ``env.json``: versions and machine.
        seconds: Duration by phase, with ``total``.
        fronts: Front documents (schema 1) by device, search devices first.
        history: What the event log says of the run and its progress.
    """

    path: Path
    config_text: str
    environment: Mapping[str, Any]
    seconds: Mapping[str, float]
    fronts: Mapping[str, Mapping[str, Any]]
    history: History


def read_record(folder: RunFolder) -> Record:
    """Everything a report needs of a run.

    Raises:
        UsageError: The run is not finished, or one of its files is missing or damaged.
    """
    path = folder.path
    if not folder.finished:
        raise UsageError(f"Run {path} is not finished; finish it with: monas run --resume {path}")
    config = folder.config
    result = folder.result()
    if not isinstance(result, dict) or not isinstance(result.get("devices"), dict):
        raise UsageError(f"{path / 'result.json'} is damaged: it names no devices.")
    devices = [*(config.devices or ()), *(config.held_out or ())] or list(result["devices"])
    return Record(
        path=path,
        config_text=(path / "config.yaml").read_text(encoding="utf-8"),
        environment=_environment(path / "env.json"),
        seconds=result.get("seconds") or {},
        fronts={name: _front(path / "front" / f"{name}.json") for name in devices},
        history=told(folder),
    )


def _environment(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is missing or damaged: {error}.") from error
    if not isinstance(document, dict):
        raise UsageError(f"{path} is damaged: it holds no table of versions.")
    return document


def _front(path: Path) -> dict[str, Any]:
    """A front file whose every part that the page shows is there."""
    document = read_front(path)
    try:
        names = [str(objective["name"]) for objective in document["objectives"]]
        for objective in document["objectives"]:
            _ = objective["unit"], objective["direction"]
        float(document["hypervolume"])
        if len(document["ideal_point"]) != len(names):
            raise ValueError("ideal_point does not fit the objectives")
        for member in document["members"]:
            _ = member["key"], dict(member["architecture"]["choices"])
            for name in names:
                float(member["values"][name])
                str(member["origin"][name])
    except (KeyError, TypeError, ValueError) as error:
        fault = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"Front file {path} is damaged: {fault}.") from error
    return document

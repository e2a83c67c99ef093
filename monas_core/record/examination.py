"""What is whole in the folder of a run, and what can still be had of it; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from monas_core import seals, state
from monas_core.errors import UsageError
from monas_core.files import command, inside
from monas_core.record import checkpoints, surroundings
from monas_core.record.eventlog import read_events
from monas_core.record.front_store import read_front
from monas_core.record.given_store import going_on
from monas_core.record.logs import read_lines
from monas_core.record.rundir import RunFolder

_DOCUMENTS = ("devices.json", "given.json", "data.json", "usage.json")
_STATES = ("workloads", "task")


def examine(folder: RunFolder) -> dict[str, Any]:
    """``files`` (name, state, note), and ``can``: what to do with the run, or why not.

    Returns:
        ``{"run", "whole", "files": [{"name", "state", "note"}], "can": {what: sentence}}``
        where ``state`` is ``whole``, ``missing`` or ``damaged``.
    """
    rows = [_row(name, check) for name, check in _checks(folder)]
    sound = {row["name"] for row in rows if row["state"] == "whole"}
    return {
        "run": str(folder.path),
        "whole": all(row["state"] == "whole" for row in rows),
        "files": rows,
        "can": _possible(folder, sound),
    }


def _checks(folder: RunFolder) -> list[tuple[str, Callable[[], str]]]:
    """By file, what looks at it and tells of its size."""

    def devices() -> str:
        config = folder.config
        return f"{config.space}, {len([*(config.devices or ()), *(config.held_out or ())])} devices"

    def environment() -> str:
        return str(surroundings.read(folder.at(surroundings.FILE))["started"])

    def log(name: str) -> Callable[[], str]:
        def count() -> str:
            path = folder.at(name)
            if not path.is_file():
                raise UsageError(f"{name} is missing.")
            told = name == checkpoints.EVENTS
            lines = read_events(path, folder.whose) if told else read_lines(path)
            return f"{sum(1 for _ in lines):,} lines"

        return count

    def saved() -> str:
        found = checkpoints.newest(folder.path, folder.whose)
        if found is None:
            raise UsageError("There are none.")
        if found.faults:
            raise UsageError(f"{found.faults[0]} {found.path.name} is whole.")
        return f"{found.path.name}, after {found.clock:.0f} s of work"

    checks: list[tuple[str, Callable[[], str]]] = [
        ("config.yaml", devices),
        (surroundings.FILE, environment),
        (checkpoints.EVENTS, log(checkpoints.EVENTS)),
        (checkpoints.ARCHIVE, log(checkpoints.ARCHIVE)),
        ("checkpoints", saved),
    ]
    checks += _companions(folder)
    if not folder.finished:
        return checks
    checks.append(("result.json", lambda: f"{len(folder.result()['devices'])} devices"))
    return checks + [(f"front/{name}.json", _front(folder, name)) for name in _devices(folder)]


def _companions(folder: RunFolder) -> list[tuple[str, Callable[[], str]]]:
    """What some runs have beside: each is looked at where it is there."""

    def document(name: str, whose: str) -> Callable[[], str]:
        def read() -> str:
            seals.read(folder.at(*name.split("/")), whose)
            return ""

        return read

    def states(name: str) -> Callable[[], str]:
        def compare() -> str:
            state.verify(folder.at(name), whose=folder.whose)
            return ""

        return compare

    named = [*_DOCUMENTS, *_STATES]
    there = [name for name in named if folder.at(name).exists()]
    found = [(n, document(n, folder.whose) if n in _DOCUMENTS else states(n)) for n in there]
    trained = folder.at("trained")
    keys = sorted(path.name for path in trained.iterdir()) if trained.is_dir() else []
    return found + [(f"trained/{key}", _training(folder, key)) for key in keys]


def _training(folder: RunFolder, key: str) -> Callable[[], str]:
    """Settings, result and weights of one subnet, as far as they are there."""

    def check() -> str:
        place, whose = folder.at("trained", key), f"{folder.whose}/{key}"
        for name in ("settings.json", "result.json"):
            path = inside(place, name)
            try:
                if path.exists() or name == "settings.json":
                    seals.read(path, whose)
            except (OSError, ValueError) as error:
                raise UsageError(f"{name}: {error}") from error
        weights = inside(place, "weights")
        if inside(weights, state.MANIFEST).exists():
            state.verify(weights, ("model.safetensors",), whose)
        return "finished" if inside(place, "result.json").exists() else "begun"

    return check


def _devices(folder: RunFolder) -> list[str]:
    try:
        config = folder.config
        return [*(config.devices or ()), *(config.held_out or ())]
    except UsageError:
        return []


def _front(folder: RunFolder, device: str) -> Callable[[], str]:
    return lambda: f"{len(read_front(folder.at('front', f'{device}.json')).members)} members"


def _row(name: str, check: Callable[[], str]) -> dict[str, str]:
    try:
        return {"name": name, "state": "whole", "note": check()}
    except (UsageError, OSError, ValueError, KeyError, TypeError) as error:
        text = str(error)
        return {"name": name, "state": "missing" if "missing" in text else "damaged", "note": text}


def _possible(folder: RunFolder, sound: set[str]) -> dict[str, str]:
    """What a person may want next, each with a command or with what stands in its way."""
    fronts = [name for name in sound if name.startswith("front/")]
    run = folder.path
    needed = {"config.yaml", checkpoints.ARCHIVE, "checkpoints"}
    lacking = ", ".join(sorted(needed - sound))
    found = {"go on": going_on(run)}
    if folder.finished:
        found = {"pick": command("monas pick", run)}
    if lacking:
        found = dict.fromkeys(found, f"not as it is: {lacking}")
    if folder.finished:
        found["fronts"] = command("monas front", run) if fronts else "none is whole"
        told = {"result.json", "env.json", checkpoints.EVENTS} - sound
        lost = ", ".join(sorted(told))
        found["report"] = f"not as it is: {lost}" if lost else command("monas report", run)
    return found

"""The folder of a run: config, event log, archive, checkpoints, fronts.

Everything a later command needs is in here. Logs are append-only lines of JSON, all other
files are replaced atomically, and nothing in it leads out of it (see ``files.inside``).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs

from monas_core import events
from monas_core.errors import UsageError
from monas_core.files import command, inside, parse_json, read_json, strict_json, write_text
from monas_core.record import given_store
from monas_core.record.config import RunConfig, read_config, write_config
from monas_core.record.eventlog import read_events
from monas_core.record.lock import locked
from monas_core.values.reading import finite_number

_DEVICES = "devices.json"
_DIGEST = "sha256 of config.yaml"
_SUBFOLDERS = ("checkpoints", "front")


class RunFolder:
    """One run on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(
        cls, out_dir: Path | None, config: RunConfig, given: Sequence[Mapping[str, Any]] = ()
    ) -> RunFolder:
        """Make a new folder with ``config.yaml`` and ``env.json``.

        Args:
            out_dir: Where; without it a new one under ``runs/``.
            config: What is run.
            given: What is to be known of parts that are not installed (``given_store``).

        Raises:
            UsageError: The folder is already in use or cannot be written.
        """
        path = out_dir if out_dir is not None else _fresh_path(config)
        try:
            if path.exists() and not _free(path):
                raise UsageError(
                    f"Run folder {path} is already used; choose another --out-dir, or continue it "
                    "with --resume auto (in Python: out_dir= another, or resume=True)."
                )
            path.mkdir(parents=True, exist_ok=True)
            for sub in _SUBFOLDERS:
                (path / sub).mkdir(exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"Run folder {path} cannot be written: {error.strerror}; choose another --out-dir."
            ) from error
        folder = cls(path)
        text = write_config(config)
        told = {**environment(), _DIGEST: hashlib.sha256(text.encode()).hexdigest()}
        write_text(path / "env.json", strict_json(told, indent=2) + "\n")
        if config.own_devices:
            write_text(path / _DEVICES, strict_json(config.own_devices) + "\n")
        given_store.write(path, given)
        write_text(path / "config.yaml", text)
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run. Raises UsageError when it is none."""
        folder = cls(path)
        if not folder.at("config.yaml").is_file():
            why = "it has no config.yaml" if path.exists() else "there is nothing of that name"
            raise UsageError(
                f"{path} is not a run folder: {why}. Name one that monas run has made; without a "
                "name most commands take the latest below runs/."
            )
        return folder

    def at(self, *names: str) -> Path:
        """A path in the folder. Raises UsageError where it would lead out of it."""
        return inside(self.path, *names)

    @property
    def config(self) -> RunConfig:
        """The configuration the run was started with, devices from files included."""
        self._check_config()
        config, kept = read_config(self.at("config.yaml")), self.at(_DEVICES)
        if not kept.exists():
            return config
        own = read_json(kept, "file of devices", "restore it from a copy of the run")
        return attrs.evolve(config, own_devices=own)

    def _check_config(self) -> None:
        """Raise UsageError where the settings are not those that the run was started with."""
        path, told = self.at("config.yaml"), self.at("env.json")
        try:
            before = parse_json(told.read_bytes()).get(_DIGEST)
            now = hashlib.sha256(path.read_bytes()).hexdigest()
        except (OSError, ValueError, AttributeError):
            return  # without it nothing can be compared; what needs the file itself says so
        if before is not None and before != now:
            raise UsageError(
                f"{path} was changed after the run was started; restore it from a copy, or start "
                f"a new run with it: {command('monas run --config', path)}"
            )

    @property
    def finished(self) -> bool:
        """Whether the fronts are complete."""
        return self.at("result.json").is_file()

    def events(self) -> Iterator[events.Event]:
        """Replay the event log; an incomplete last line is left out."""
        return read_events(self.at("events.jsonl"))

    def result(self) -> dict[str, Any]:
        """What ``result.json`` says. Raises UsageError when it is missing or damaged."""
        path = self.at("result.json")
        try:
            document = parse_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"{path} is missing or damaged: {error}.") from error
        _check_result(document, path)
        for name, facts in document["devices"].items():  # a folder may have been moved
            facts["front"] = str(self.at("front", f"{name}.json"))
        return document | {"run": str(self.path)}

    @contextlib.contextmanager
    def locked(self) -> Iterator[str]:
        """Hold the run for this process; gives a warning where that is not possible.

        Raises:
            UsageError: Another process works on it, or it may not be written.
        """
        busy = (
            f"Run {self.path} is being worked on by another process; watch it with "
            f"{command('monas watch', self.path)}, or wait for its end."
        )
        with locked(self.path, busy) as caution:
            yield caution

    def busy(self) -> bool:
        """Whether another process works on the run now, or this one may not."""
        try:
            with self.locked():
                return False
        except UsageError:
            return True


def _free(path: Path) -> bool:
    """Whether a run may begin in a folder: empty, or left by a run killed while it was made."""
    if not path.is_dir():
        return False
    there = {entry.name: entry for entry in path.iterdir() if not entry.name.startswith(".")}
    made = {"env.json", _DEVICES, given_store.FILE, *_SUBFOLDERS}
    return there.keys() <= made and not any(
        any(there[name].iterdir()) for name in _SUBFOLDERS if name in there
    )


def _check_result(document: Any, path: Path) -> None:
    """Raise UsageError unless it names devices and seconds as ``RunResult`` writes them."""
    devices = document.get("devices") if isinstance(document, dict) else None
    if not isinstance(devices, dict) or not all(isinstance(d, dict) for d in devices.values()):
        raise UsageError(f"{path} is damaged: it names no devices.")
    seconds = document.get("seconds")
    if not isinstance(seconds, dict) or not all(map(finite_number, seconds.values())):
        raise UsageError(f"{path} is damaged: it names no durations.")


def environment() -> dict[str, Any]:
    """Versions and machine, for ``env.json``."""
    packages = ("monas", "torch", "numpy", "moocore", "safetensors")
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "packages": {name: version(name) for name in packages},
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def _fresh_path(config: RunConfig) -> Path:
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    base = Path("runs") / f"{config.space.partition(':')[0]}-{stamp}"
    path, number = base, 1
    while path.exists():
        number += 1
        path = base.with_name(f"{base.name}-{number}")
    return path


def runs_in(base: Path) -> list[Path]:
    """Run folders directly below a folder, oldest first."""
    found = [path.parent for path in base.glob("*/config.yaml") if path.is_file()]
    return sorted(found, key=lambda path: (path / "config.yaml").stat().st_mtime_ns)


def latest_run(base: Path = Path("runs")) -> Path:
    """The newest run below a folder. Raises UsageError when there is none."""
    found = runs_in(base)
    if not found:
        raise UsageError(
            f"There is no run in {base}/; start one with monas run, or name its folder."
        )
    return found[-1]


def unfinished_run(config: RunConfig, out_dir: Path | None) -> RunFolder | None:
    """The run that ``--resume auto`` continues: same request, fronts not complete.

    A folder named outright is returned even when it is finished or busy: there is then
    nothing to do, or the fault is worth telling.

    Raises:
        UsageError: ``out_dir`` holds a run with another configuration.
    """
    if out_dir is None:
        candidates = [RunFolder(path) for path in reversed(runs_in(Path("runs")))]
    else:
        candidates = [RunFolder(out_dir)] if (out_dir / "config.yaml").is_file() else []
    wanted = attrs.evolve(config, out_dir=None)
    for folder in candidates:
        try:
            same = attrs.evolve(folder.config, out_dir=None) == wanted
            open_ = out_dir is not None or not (folder.finished or folder.busy())
        except UsageError:
            if out_dir is not None:
                raise
            continue  # a damaged neighbour must not block the others
        if out_dir is not None and not same:
            raise UsageError(
                f"{out_dir} holds a run with another configuration; resume it with the same "
                "options, or choose another --out-dir (in Python: out_dir=)."
            )
        if same and open_:
            return folder
    return None

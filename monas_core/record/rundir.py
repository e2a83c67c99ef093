"""The folder of a run: config, event log, archive, checkpoints, fronts.

Everything a later command needs is in here. Logs are append-only lines of JSON, all other
files are replaced atomically, and nothing in it leads out of it (see ``files.inside``).
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from monas_core import events, seals
from monas_core.errors import UsageError
from monas_core.files import command, inside, remove, write_text
from monas_core.record import given_store, surroundings
from monas_core.record.config import RunConfig, read_config, write_config
from monas_core.record.eventlog import read_events
from monas_core.record.lock import locked
from monas_core.values.reading import finite_number

_DEVICES = "devices.json"
_RESULT = "result.json"
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
        path = out_dir if out_dir is not None else fresh_path(config)
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
        text = write_config(config)
        whose = seals.identity_of(text.encode())
        surroundings.begin(path, hashlib.sha256(text.encode()).hexdigest())
        if config.own_devices:
            seals.write(path / _DEVICES, config.own_devices, whose)
        given_store.write(path, given, whose)
        write_text(path / "config.yaml", text)  # the last: it declares the folder a run
        return cls(path)

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
    def whose(self) -> str:
        """What the files of this run are marked with."""
        return seals.identity(self.path)

    @property
    def config(self) -> RunConfig:
        """The configuration the run was started with, devices from files included."""
        self.check_settings()
        config, kept = read_config(self.at("config.yaml")), self.at(_DEVICES)
        if not kept.exists():
            return config
        try:
            own = seals.read(kept, self.whose)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{kept} is damaged: {error}; restore it from a copy of the run."
            ) from error
        return attrs.evolve(config, own_devices=own)

    def check_settings(self) -> None:
        """Raise UsageError where the settings are not those that the run was started with."""
        path = self.at("config.yaml")
        before = surroundings.settings_digest(self.at(surroundings.FILE))
        if before is None:
            return  # nothing can be compared; what needs the file itself says so
        try:
            now = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise UsageError(f"Cannot read {path}: {error.strerror}.") from error
        if before != now:
            raise UsageError(
                f"{path} was changed after the run was started, or {surroundings.FILE} is another "
                f"run's; restore it from a copy, or start a new run with it: "
                f"{command('monas run --config', path)}"
            )

    @property
    def finished(self) -> bool:
        """Whether the fronts are complete."""
        return self.at(_RESULT).exists()

    def events(self) -> Iterator[events.Event]:
        """Replay the event log; an incomplete last line is left out."""
        self.check_settings()  # lines are marked with them
        return read_events(self.at("events.jsonl"), self.whose)

    def result(self) -> dict[str, Any]:
        """What ``result.json`` says. Raises UsageError when it is missing or damaged."""
        path = self.at(_RESULT)
        try:
            document = seals.read(path, self.whose)
        except (OSError, ValueError) as error:
            again = given_store.going_on(self.path)
            raise UsageError(
                f"{path} is missing or damaged: {error}; remove it, and have it made again with: "
                f"{again}"
            ) from error
        _check_result(document, path)
        for name, facts in document["devices"].items():  # a folder may have been moved
            facts["front"] = str(self.at("front", f"{name}.json"))
        return document | {"run": str(self.path)}

    def conclude(self, result: Mapping[str, Any]) -> None:
        """Declare the run complete."""
        seals.write(self.at(_RESULT), result, self.whose)

    def reopen(self) -> None:
        """Take that back: something is to be made again."""
        remove(self.at(_RESULT))

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
    made = {surroundings.FILE, _DEVICES, given_store.FILE, *_SUBFOLDERS}
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


def fresh_path(config: RunConfig) -> Path:
    """A folder below ``runs/`` that is not there yet."""
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

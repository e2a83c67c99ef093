"""The folder of a run: config, event log, archive, checkpoints, fronts.

Everything a later command needs is in here. Logs are append-only lines of
JSON; all other files are replaced atomically.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs

from monas_core import events, files
from monas_core.errors import UsageError
from monas_core.files import explained, read_json, write_text
from monas_core.record.config import RunConfig, read_config, write_config

_KEPT_CHECKPOINTS = 2
_DEVICES = "devices.json"


class RunFolder:
    """One run on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, out_dir: Path | None, config: RunConfig) -> RunFolder:
        """Make a new folder with ``config.yaml`` and ``env.json``.

        Raises:
            UsageError: The folder is already in use or cannot be written.
        """
        path = out_dir if out_dir is not None else _fresh_path(config)
        try:
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise UsageError(
                    f"Run folder {path} is already used; choose another --out-dir, or continue it "
                    "with --resume auto."
                )
            path.mkdir(parents=True, exist_ok=True)
            for sub in ("checkpoints", "front"):
                (path / sub).mkdir()
        except OSError as error:
            raise UsageError(
                f"Run folder {path} cannot be written: {error.strerror}; choose another --out-dir."
            ) from error
        folder = cls(path)
        write_text(path / "env.json", json.dumps(environment(), indent=2) + "\n")
        if config.own_devices:
            write_text(path / _DEVICES, json.dumps(config.own_devices, ensure_ascii=False) + "\n")
        write_text(path / "config.yaml", write_config(config))
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run. Raises UsageError when it is none."""
        if not (path / "config.yaml").is_file():
            raise UsageError(f"{path} is not a run folder: it has no config.yaml.")
        return cls(path)

    @property
    def config(self) -> RunConfig:
        """The configuration the run was started with, devices from files included."""
        config, kept = read_config(self.path / "config.yaml"), self.path / _DEVICES
        if not kept.exists():
            return config
        own = read_json(kept, "file of devices", "restore it from a copy of the run")
        return attrs.evolve(config, own_devices=own)

    @property
    def finished(self) -> bool:
        """Whether the fronts are complete."""
        return (self.path / "result.json").is_file()

    def log(self, event: events.Event) -> None:
        """Append an event to ``events.jsonl`` (an observer of the bus)."""
        append_line(self.path / "events.jsonl", events.to_json(event))

    def events(self) -> Iterator[events.Event]:
        """Replay the event log; an incomplete last line is left out."""
        for document in read_lines(self.path / "events.jsonl"):
            yield events.from_json(document)

    def new_checkpoint(self, number: int) -> Path:
        """Path of the next checkpoint folder (not yet made)."""
        return self.path / "checkpoints" / f"step_{number:08d}"

    def checkpoints(self) -> list[Path]:
        """Complete checkpoints, oldest first."""
        return sorted(self.path.glob("checkpoints/step_*"))

    def load_checkpoint(self) -> dict[str, Any] | None:
        """The newest checkpoint that can be read, or ``None`` if there is none.

        Raises:
            UsageError: There are some, but all are damaged.
        """
        from monas_core import state

        fault: UsageError | None = None
        for path in reversed(self.checkpoints()):
            try:
                return state.load(path)
            except UsageError as error:
                fault = fault or error
        if fault is not None:
            raise fault
        return None

    def result(self) -> dict[str, Any]:
        """What ``result.json`` says. Raises UsageError when it is missing or damaged."""
        try:
            return json.loads((self.path / "result.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{self.path / 'result.json'} is missing or damaged: {error}."
            ) from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for this process. Raises UsageError while another one works on it."""
        busy = (
            f"Run {self.path} is being worked on by another process; watch it with "
            f"monas watch {self.path}, or wait for its end."
        )
        with files.locked(self.path, busy):
            yield

    def busy(self) -> bool:
        """Whether another process works on the run now."""
        try:
            with self.locked():
                return False
        except (OSError, UsageError):
            return True

    def prune_checkpoints(self) -> None:
        """Keep the newest two."""
        import shutil

        for old in self.checkpoints()[:-_KEPT_CHECKPOINTS]:
            shutil.rmtree(old)

    def log_sizes(self) -> dict[str, int]:
        """Length in bytes of each append-only log, to be cut back to on resume."""
        return {
            name: (self.path / name).stat().st_size if (self.path / name).exists() else 0
            for name in ("events.jsonl", "archive.jsonl")
        }

    def cut_logs(self, sizes: Mapping[str, int]) -> None:
        """Forget what was logged after a checkpoint, so that it is not told twice."""
        for name, size in sizes.items():
            if (self.path / name).exists():
                os.truncate(self.path / name, size)


def append_line(path: Path, document: Mapping[str, Any]) -> None:
    """Append one line of JSON."""
    with explained(path), path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(document, separators=(",", ":")) + "\n")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Lines of JSON; a last line cut off by a kill is left out.

    Raises:
        UsageError: A line before the last is damaged.
    """
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            yield json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines):
                return
            raise UsageError(f"{path} is damaged at line {number}: {error.msg}.") from error


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
    base = Path("runs") / f"{config.space}-{stamp}"
    path, number = base, 1
    while path.exists():
        number += 1
        path = base.with_name(f"{base.name}-{number}")
    return path


def runs_in(base: Path) -> list[Path]:
    """Run folders directly below a folder, oldest first."""
    found = [path.parent for path in base.glob("*/config.yaml")]
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
        except UsageError:
            if out_dir is not None:
                raise
            continue  # a damaged neighbour must not block the others
        if out_dir is not None and not same:
            raise UsageError(
                f"{out_dir} holds a run with another configuration; resume it with the same "
                "options, or choose another --out-dir."
            )
        if same and (out_dir is not None or not (folder.finished or folder.busy())):
            return folder
    return None

"""A run of Weights & Biases, or of a package with the same functions."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monas_core.extras import require_packages
from monas_trackers.options import WandbOptions
from monas_trackers.tracker import Tracker


class Wandb(Tracker):
    """Numbers are logged with their own axis, since phases begin anew and seconds go on."""

    def __init__(self, options: WandbOptions | None = None) -> None:
        self.options = options or WandbOptions()
        name = self.options.module
        require_packages(f'The observer "{name}"', {name: name})

    def begin(self, folder: Path, configuration: Mapping[str, str]) -> None:
        """Start a run, named as the run's folder; one that is resumed goes on under its name."""
        asked = self.options
        self._service: Any = importlib.import_module(asked.module)
        settings: dict[str, Any] = {"project": asked.project, "name": folder.name}
        settings["config"] = dict(configuration)
        if asked.module == "wandb":
            place = Path(asked.folder or folder)
            place.mkdir(parents=True, exist_ok=True)
            settings |= {"mode": asked.mode, "dir": str(place), "resume": "allow"}
            settings["id"] = folder.name
            settings["settings"] = self._service.Settings(silent=True, console="off")
        else:
            settings["resume"] = "allow"
        self._service.init(**settings)

    def warn(self, message: str) -> None:
        """As a note of the run's configuration: the last one."""
        self._service.config.update({"warning": message}, allow_val_change=True)

    def number(self, name: str, value: float, step: int) -> None:
        """One point, with its place beside it."""
        axis = (
            f"{name.partition('/')[0]}/step" if "/loss/" in name or "/rate/" in name else "seconds"
        )
        self._service.log({name: value, axis: step})

    def end(self, status: str, message: str) -> None:
        """Finish the service's run."""
        self._service.config.update(
            {"status": f"{status} {message}".strip()}, allow_val_change=True
        )
        self._service.finish()

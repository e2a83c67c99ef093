"""A run of MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monas_trackers.options import MLflowOptions
from monas_trackers.tracker import Tracker

_MOST = 200
"""Numbers that are sent at once: each request is a round trip."""
_STATUS = {"done": "FINISHED", "interrupted": "KILLED", "failed": "FAILED"}


class MLflow(Tracker):
    """Parameters, metrics, and the front files of the end as artifacts."""

    def __init__(self, options: MLflowOptions | None = None) -> None:
        self.options = options or MLflowOptions()

    def begin(self, folder: Path, configuration: Mapping[str, str]) -> None:
        """Start a run in an experiment of its own name."""
        from mlflow import MlflowClient  # pyright: ignore[reportMissingImports]

        self._folder = folder
        uri = self.options.uri or f"sqlite:///{(folder / 'mlflow.db').resolve()}"
        self._client: Any = MlflowClient(tracking_uri=uri)
        found = self._client.get_experiment_by_name(self.options.experiment)
        place = None if self.options.uri else (folder / "mlflow").resolve().as_uri()
        experiment = (
            found.experiment_id
            if found is not None
            else self._client.create_experiment(self.options.experiment, artifact_location=place)
        )
        self._run: str = self._client.create_run(experiment, run_name=folder.name).info.run_id
        self._waiting: list[Any] = []
        for name, value in configuration.items():
            self._client.log_param(self._run, name, value)

    def number(self, name: str, value: float, step: int) -> None:
        """One metric; sent with others."""
        import time

        from mlflow.entities import Metric  # pyright: ignore[reportMissingImports]

        self._waiting.append(Metric(name, value, int(time.time() * 1000), step))
        if len(self._waiting) >= _MOST:
            self._send()

    def warn(self, message: str) -> None:
        """As a tag, the last one."""
        self._client.set_tag(self._run, "warning", message[:500])

    def end(self, status: str, message: str) -> None:
        """Send what waits, the fronts, and how it ended."""
        self._send()
        if (self._folder / "front").is_dir():
            self._client.log_artifacts(self._run, str(self._folder / "front"), "front")
        self._client.set_tag(self._run, "message", message[:500])
        self._client.set_terminated(self._run, _STATUS.get(status, "FAILED"))

    def _send(self) -> None:
        self._client.log_batch(self._run, metrics=self._waiting)
        self._waiting = []

"""Event files of TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monas_trackers.options import TensorBoardOptions
from monas_trackers.tracker import Tracker


class TensorBoard(Tracker):
    """Curves under *Scalars*, configuration and warnings under *Text*: ``tensorboard --logdir``."""

    def __init__(self, options: TensorBoardOptions | None = None) -> None:
        self.options = options or TensorBoardOptions()

    def begin(self, folder: Path, configuration: Mapping[str, str]) -> None:
        """Open a file; TensorBoard reads all files of a folder as one run."""
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(self.options.folder or str(folder / "tensorboard"))
        rows = "\n".join(f"| {name} | {value} |" for name, value in configuration.items())
        self._writer.add_text("configuration", f"| name | value |\n|---|---|\n{rows}")

    def number(self, name: str, value: float, step: int) -> None:
        """One point of a curve."""
        self._writer.add_scalar(name.replace(" ", "_"), value, step)

    def warn(self, message: str) -> None:
        """A text beside the others."""
        self._writer.add_text("warnings", message)

    def end(self, status: str, message: str) -> None:
        """Close the file."""
        self._writer.add_text("status", f"{status} {message}".strip())
        self._writer.close()

"""How far a contest is: bars, plain lines, or nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from monas_core.ui.text import clock


class Silence:
    """Shows nothing."""

    def opening(self, total: int, kept: int) -> None:
        """Nothing."""

    def progress(self, name: str, share: float) -> None:
        """Nothing."""

    def finished(self, name: str, facts: Mapping[str, float]) -> None:
        """Nothing."""


class Lines:
    """One line for each piece of work that is done."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begin = time.monotonic()
        self._total = self._done = 0

    def opening(self, total: int, kept: int) -> None:
        """Say how much there is to do."""
        self._total, self._done = total, kept
        known = f", {kept} of them finished before" if kept else ""
        self._line(f"{total} runs{known}")

    def progress(self, name: str, share: float) -> None:
        """Nothing: a line per step would be too many."""

    def finished(self, name: str, facts: Mapping[str, float]) -> None:
        """Say what is done."""
        self._done += 1
        self._line(f"{self._done}/{self._total}  {name}: {_facts(facts)}")

    def _line(self, text: str) -> None:
        self._stream.write(f"[{clock(time.monotonic() - self._begin)}] {text}\n")
        self._stream.flush()


class Bars:
    """A bar for the whole and one for each piece at work; a context manager.

    Attributes:
        notice: Shown beside the whole.
    """

    def __init__(self, console: Console) -> None:
        self.notice = "contest"
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._whole = self._bars.add_task(self.notice, total=None)
        self._open: dict[str, TaskID] = {}
        self._shares: dict[str, float] = {}
        self._done = 0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def opening(self, total: int, kept: int) -> None:
        """Show how much there is to do."""
        self._done = kept
        self._bars.update(self._whole, total=total)
        self._show_whole()

    def progress(self, name: str, share: float) -> None:
        """Move a bar."""
        if name not in self._open:
            self._open[name] = self._bars.add_task(f"  {name}", total=1.0)
        self._shares[name] = share
        self._bars.update(self._open[name], completed=share)
        self._show_whole()

    def finished(self, name: str, facts: Mapping[str, float]) -> None:
        """Replace a bar by a line above."""
        self._done += 1
        self._shares.pop(name, None)
        if name in self._open:
            self._bars.remove_task(self._open.pop(name))
        self._bars.console.print(f"[green]✓[/] {escape(name)}   [dim]{_facts(facts)}[/]")
        self._show_whole()

    def _show_whole(self) -> None:
        done = self._done + sum(self._shares.values())
        self._bars.update(self._whole, completed=done, description=self.notice)


def _facts(facts: Mapping[str, float]) -> str:
    return f"{facts['queries']:.0f} queries in {clock(facts['search_seconds'])}"

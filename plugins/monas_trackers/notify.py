"""Tells a program or a web hook how a run ended."""

from __future__ import annotations

import shlex
import subprocess
import sys
import urllib.request
from typing import Any

from monas_core import events
from monas_core.errors import UsageError
from monas_core.events import Event
from monas_core.files import strict_json
from monas_trackers.options import NotifyOptions


class Notify:
    """One JSON document each: ``run``, ``event``, ``status``, ``message``, ``seconds``.

    A program that fails or takes too long is told as a warning of the run, which goes on.
    """

    def __init__(self, options: NotifyOptions | None = None) -> None:
        self.options = options or NotifyOptions()
        self._run = ""
        try:
            self._command = shlex.split(self.options.command)
        except ValueError as error:
            raise UsageError(
                f'options.observer.notify.command "{self.options.command:.60}" cannot be split '
                f"into words: {error}."
            ) from error

    def __call__(self, event: Event) -> None:
        """Tell of the end, and of warnings where that was asked for."""
        match event:
            case events.RunStarted():
                self._run = event.run
            case events.RunFinished():
                seconds = sum(event.seconds.values())
                self._tell("end", event.status, event.message, seconds)
            case events.Warned() if self.options.on == "warnings":
                self._tell("warning", "running", event.message, event.time)
            case _:
                pass

    def _tell(self, event: str, status: str, message: str, seconds: float) -> None:
        document: dict[str, Any] = {"run": self._run, "event": event, "status": status}
        document |= {"message": message, "seconds": round(seconds, 1)}
        text = strict_json(document)
        if not self._command and not self.options.url:
            sys.stderr.write("\a")  # the terminal's bell
        if self._command:
            subprocess.run(
                self._command, input=text, text=True, check=True, timeout=self.options.seconds
            )
        if self.options.url:
            request = urllib.request.Request(  # noqa: S310 - http or https, checked
                self.options.url, text.encode(), {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=self.options.seconds):  # noqa: S310
                pass

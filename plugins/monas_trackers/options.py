"""Options of trackers; imports no torch."""

from __future__ import annotations

from typing import Literal

import attrs

from monas_core.errors import UsageError
from monas_core.values.bounds import positive


@attrs.frozen
class TensorBoardOptions:
    """Where its files go.

    Attributes:
        folder: Of the event files; "" takes ``tensorboard`` in the run's folder.
    """

    folder: str = ""


@attrs.frozen
class WandbOptions:
    """Which service, and which of its runs.

    Attributes:
        module: What is imported: ``wandb``, or a package with the same functions.
        project: Of the run.
        mode: ``offline`` writes files and asks no network; ``online`` sends.
        folder: Of the files; "" takes the run's folder.
    """

    module: Literal["wandb", "trackio"] = "wandb"
    project: str = "monas"
    mode: Literal["offline", "online"] = "offline"
    folder: str = ""


@attrs.frozen
class MLflowOptions:
    """Which server, and which of its experiments.

    Attributes:
        uri: Of the tracking server or database; "" takes a file in the run's folder.
        experiment: Its name.
    """

    uri: str = ""
    experiment: str = "monas"


@attrs.frozen
class NotifyOptions:
    """Whom to tell, and of what; without a command or a hook the terminal's bell rings.

    Attributes:
        command: Program and arguments, split as a shell does; gets one JSON document on its input.
        url: Of a web hook, which gets the same document by POST.
        on: ``end`` tells of the end alone; ``warnings`` tells of warnings too.
        seconds: How long either may take.
    """

    command: str = ""
    url: str = ""
    on: Literal["end", "warnings"] = "end"
    seconds: float = 10.0

    def __attrs_post_init__(self) -> None:
        positive("options.observer.notify", seconds=self.seconds)
        if self.url and not self.url.startswith(("http://", "https://")):
            raise UsageError(
                f'options.observer.notify.url is "{self.url:.60}"; it must begin with https:// or '
                "http://."
            )

"""Options of the task on recordings; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.errors import UsageError
from monas_core.values.bounds import within


@attrs.frozen
class SeriesOptions:
    """How a table of recordings is read.

    Attributes:
        label: Column that names the class of each row; "" takes a column called label.
        target: Column with the number to be told at each row; "" takes one called target.
        columns: Columns a network sees, with commas between them; "" takes all others.
        recording: Column that says which recording a row is of: no recording is in two parts.
            "" takes a column called recording; without one every file is a recording.
        window: Rows that a network sees at once.
        stride: Rows from one window to the next; 0 is half a window.
        evaluated: Windows of each part that a network is judged by, at most.
    """

    label: str = ""
    target: str = ""
    columns: str = ""
    recording: str = ""
    window: int = 100
    stride: int = 0
    evaluated: int = 2000

    def __attrs_post_init__(self) -> None:
        within("options.task", 2, window=self.window)
        within("options.task", 0, stride=self.stride)
        within("options.task", 1, evaluated=self.evaluated)
        if self.label and self.target:
            raise UsageError(
                f'options.task.label is "{self.label}" and options.task.target "{self.target}"; '
                "give one of them: a label is a class, a target is a number."
            )

    @property
    def step(self) -> int:
        """Rows from one window to the next."""
        return self.stride or max(1, self.window // 2)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The columns that were named."""
        return tuple(name.strip() for name in self.columns.split(",") if name.strip())

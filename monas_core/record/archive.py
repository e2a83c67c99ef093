"""Every value a run obtained, one line each, appended the moment it is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from monas_core.errors import UsageError
from monas_core.record.rundir import append_line, read_lines
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.value import Split, Value


class Known(NamedTuple):
    """A value with everything it depends on; ``device`` is "" if it is the same on all."""

    objective: str
    device: str
    split: Split
    architecture: Architecture
    value: Value


class Archive:
    """Append-only file of values (``archive.jsonl``)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, known: Known) -> None:
        """Append one value."""
        document: dict[str, Any] = {
            "objective": known.objective,
            "device": known.device,
            "split": known.split,
            "architecture": known.architecture.to_json(),
            **known.value.to_json(),
        }
        append_line(self.path, document)

    def read(self, choices: ChoiceSet) -> Iterator[Known]:
        """All values so far, in order. Raises UsageError for a damaged file."""
        for number, line in enumerate(read_lines(self.path), start=1):
            try:
                head = line.pop("objective"), line.pop("device"), line.pop("split")
                architecture = choices.from_json(line.pop("architecture"))
                value = Value.from_json(line)
            except (AttributeError, KeyError, TypeError) as error:
                raise UsageError(
                    f"{self.path} is damaged at line {number}: it holds no value of an objective."
                ) from error
            yield Known(*head, architecture, value)

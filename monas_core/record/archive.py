"""Every value a run obtained, one line each, appended the moment it is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

from monas_core.errors import UsageError
from monas_core.record.logs import LineLog, read_lines
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.reading import finite_number
from monas_core.values.value import Origin, Split, Value


class Known(NamedTuple):
    """A value with everything it depends on; ``device`` is "" if it is the same on all."""

    objective: str
    device: str
    split: Split
    architecture: Architecture
    value: Value


class Archive:
    """Append-only file of values (``archive.jsonl``)."""

    def __init__(self, path: Path, log: LineLog | None = None) -> None:
        self.path = path
        self._log = log or LineLog(path)

    def add(self, known: Known) -> None:
        """Append one value."""
        document: dict[str, Any] = {
            "objective": known.objective,
            "device": known.device,
            "split": known.split,
            "architecture": known.architecture.to_json(),
            **known.value.to_json(),
        }
        self._log.append(document)

    def read(self, choices: ChoiceSet) -> Iterator[Known]:
        """All values so far, in order. Raises UsageError for a damaged file."""
        for number, line in enumerate(read_lines(self.path), start=1):
            try:
                yield _known(line, choices)
            except UsageError as error:  # an architecture of no or of another space
                raise UsageError(f"{self.path} is damaged at line {number}: {error}") from error
            except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
                raise UsageError(
                    f"{self.path} is damaged at line {number}: it holds no value of an objective."
                ) from error


def _known(line: dict[str, Any], choices: ChoiceSet) -> Known:
    objective, device, split = (line.pop(name) for name in ("objective", "device", "split"))
    architecture = choices.from_json(line.pop("architecture"))
    extra = {name: n for name, n in line.pop("extra", {}).items() if finite_number(n)}
    value = Value.from_json({**line, "extra": extra})
    texts = (objective, device, value.unit)
    if not all(isinstance(text, str) for text in texts) or split not in get_args(Split):
        raise TypeError("not the text it should be")
    numbers = (value.value, 0.0 if value.spread is None else value.spread)
    if value.origin not in get_args(Origin) or not all(map(finite_number, numbers)):
        raise ValueError("no value")
    return Known(objective, device, split, architecture, value)

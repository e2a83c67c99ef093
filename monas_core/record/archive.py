"""Every value a run obtained, one line each, appended the moment it is known."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

from monas_core.errors import UsageError
from monas_core.record.logs import LineLog, read_lines
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.reading import finite_number
from monas_core.values.value import Origin, Split, Value

_SPLITS, _ORIGINS = frozenset(get_args(Split)), frozenset(get_args(Origin))


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


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles while many values come into being: it would look at all of them anew
    and again, and there are none."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _known(line: dict[str, Any], choices: ChoiceSet) -> Known:
    objective, device, split = line.pop("objective"), line.pop("device"), line.pop("split")
    architecture = choices.from_json(line.pop("architecture"))
    if "extra" in line:
        extra = line["extra"]
        line["extra"] = {name: n for name, n in extra.items() if finite_number(n)}
    value = Value.from_json(line)
    if not (isinstance(objective, str) and isinstance(device, str) and isinstance(value.unit, str)):
        raise TypeError("not the text it should be")
    if split not in _SPLITS:
        raise TypeError("no part of the data")
    spread = value.spread
    if value.origin not in _ORIGINS or not (spread is None or finite_number(spread)):
        raise ValueError("no value")
    if not finite_number(value.value):
        raise ValueError("no value")
    return Known(objective, device, split, architecture, value)

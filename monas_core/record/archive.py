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
        architectures = _Architectures(choices)
        for number, line in enumerate(read_lines(self.path), start=1):
            try:
                yield _known(line, architectures)
            except UsageError as error:  # an architecture of no or of another space
                raise UsageError(f"{self.path} is damaged at line {number}: {error}") from error
            except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
                raise UsageError(
                    f"{self.path} is damaged at line {number}: it holds no value of an objective."
                ) from error


class _Architectures:
    """Of their documents; one that is met again, on other devices or objectives, is the same."""

    def __init__(self, choices: ChoiceSet) -> None:
        self._choices = choices
        self._met: dict[tuple[Any, ...], Architecture] = {}

    def of(self, document: dict[str, Any]) -> Architecture:
        """As ``ChoiceSet.from_json``."""
        try:
            answers = document["choices"]
            options = answers.values()
            # 1, 1.0 and True are equal, and not the same answer
            kinds = map(type, options)
            key = (document["space"], document["version"], *document, *answers, *options, *kinds)
            found = self._met.get(key)
        except (AttributeError, KeyError, TypeError):  # no architecture; who reads it says so
            return self._choices.from_json(document)
        if found is None:
            found = self._met[key] = self._choices.from_json(document)
        return found


def _known(line: dict[str, Any], architectures: _Architectures) -> Known:
    objective, device, split = line.pop("objective"), line.pop("device"), line.pop("split")
    architecture = architectures.of(line.pop("architecture"))
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

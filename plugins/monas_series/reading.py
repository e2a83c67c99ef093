"""From files to recordings: which columns are what, and where a recording begins and ends."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import attrs
import numpy as np

from monas_core.errors import UsageError, did_you_mean
from monas_series.options import SeriesOptions
from monas_series.recordings import Stretch
from monas_series.table import SUFFIXES, Table, read

_CLOCKS = frozenset({"time", "timestamp", "date", "datetime"})
"""Columns that tell when, not what; they are shown to a network only where they are named."""
_BLOCKS, _LEAST = 50, 4
"""Blocks that a single recording is cut into, and windows that each must hold."""
_MOST_CLASSES = 1000


@attrs.frozen(eq=False)
class Found:
    """What files hold.

    Attributes:
        columns: What a network sees, in order.
        answer: The column of classes or numbers.
        classes: Whether that are classes.
        stretches: In order.
        tables: The files.
        divided: How parts come apart, a clause.
        notes: What a person should know.
    """

    columns: tuple[str, ...]
    answer: str
    classes: bool
    stretches: list[Stretch]
    tables: list[Table]
    divided: str
    notes: tuple[str, ...]


def found(path: Path, options: SeriesOptions, who: str) -> Found:
    """All recordings of a file, or of every file below a folder.

    Raises:
        UsageError: Nothing there, or something of it is not as it must be.
    """
    tables = [read(file, who) for file in _files(path, who)]
    first = tables[0]
    answer, classes = _answer(first, options, who)
    recording = options.recording or ("recording" if "recording" in first.columns else "")
    kept_apart = {answer, recording}
    columns = options.wanted or tuple(
        n for n in first.columns if n not in kept_apart and n.lower() not in _CLOCKS
    )
    if not columns:
        raise UsageError(f'{who}: beside "{answer}" there is no column that a network could see.')
    _check_columns(tables, [*columns, answer, *filter(None, [recording])], who)
    clocks = [n for n in first.columns if n.lower() in _CLOCKS and n not in columns]
    notes = tuple(f'column "{name}" is not shown to networks' for name in clocks)
    stretches = [
        stretch
        for table in tables
        for stretch in _stretches(table, path, columns, answer, recording, classes=classes)
    ]
    divided = "by recording: none is in two parts"
    if len({stretch.recording for stretch in stretches}) == 1:
        stretches = _blocks(stretches, options.window)
        divided = "by block of the one recording: no row is in two parts"
        notes += ("there is one recording: it is cut into blocks of neighbouring rows",)
    return Found(columns, answer, classes, stretches, tables, divided, notes)


def _files(path: Path, who: str) -> list[Path]:
    if not path.exists():
        raise UsageError(f'{who}: there is no file or folder "{path}"; check the path.')
    if path.is_dir():
        files = sorted(f for f in path.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file())
        if not files:
            raise UsageError(f'{who}: "{path}" holds no table ({", ".join(SUFFIXES)}).')
        return files
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f'{who}: "{path.name}" is no table that can be read; give one of '
            f"{', '.join(SUFFIXES)}, or a folder of them."
        )
    return [path]


def _answer(table: Table, options: SeriesOptions, who: str) -> tuple[str, bool]:
    """The column that is to be told, and whether it holds classes."""
    names = ", ".join(table.columns)
    for given, usual, classes in (
        (options.label, "label", True),
        (options.target, "target", False),
    ):
        if given and given not in table.columns:
            raise UsageError(
                f'{who}: "{table.path.name}" has no column "{given}". '
                f"{did_you_mean(given, table.columns)}"
            )
        other = options.target if classes else options.label
        if given or (usual in table.columns and not other):
            return given or usual, classes
    raise UsageError(
        f'{who}: "{table.path.name}" has no column "label" and none called "target"; it has: '
        f"{names}; name the column of classes with options.task.label=NAME, or one of numbers "
        "with options.task.target=NAME."
    )


def _check_columns(tables: Sequence[Table], wanted: Sequence[str], who: str) -> None:
    for table in tables:
        for name in wanted:
            if name not in table.columns:
                raise UsageError(
                    f'{who}: "{table.path.name}" has no column "{name}". '
                    f"{did_you_mean(name, table.columns)}"
                )
    twice = next((name for name in wanted if list(wanted).count(name) > 1), None)
    if twice is not None:
        raise UsageError(
            f'{who}: column "{twice}" is asked for twice; a column is shown to networks, or is the '
            "label, the target or the recording."
        )


def _stretches(
    table: Table,
    root: Path,
    columns: Sequence[str],
    answer: str,
    recording: str,
    *,
    classes: bool,
) -> list[Stretch]:
    """Neighbouring rows of one recording and, of classes, of one."""
    values = np.stack([table.numbers(name) for name in columns], 1)
    file = table.path.name if root == table.path else table.path.relative_to(root).as_posix()
    names = table.texts(recording) if recording else [file] * len(table)
    labels = table.texts(answer) if classes else [""] * len(table)
    if classes and len(set(labels)) > _MOST_CLASSES:
        raise UsageError(
            f'{table.path}: column "{answer}" names {len(set(labels))} different classes; if it '
            f"holds numbers, write options.task.target={answer}."
        )
    targets = np.zeros(0, np.float32) if classes else table.numbers(answer)
    keys = list(zip(names, labels, strict=True))
    edges = [0, *(i for i in range(1, len(keys)) if keys[i] != keys[i - 1]), len(keys)]
    return [
        Stretch(names[begin], values[begin:end], labels[begin], targets[begin:end])
        for begin, end in pairwise(edges)
    ]


def _blocks(stretches: Sequence[Stretch], window: int) -> list[Stretch]:
    """One recording, cut; blocks that are too short are told of by whoever deals them."""
    made: list[Stretch] = []
    total = sum(map(len, stretches))
    size = max(_LEAST * window, -(-total // _BLOCKS))
    for stretch in stretches:
        for begin in range(0, len(stretch), size):
            cut = slice(begin, begin + size)
            name = f"{stretch.recording} block {len(made)}"
            made.append(Stretch(name, stretch.values[cut], stretch.label, stretch.targets[cut]))
    return made

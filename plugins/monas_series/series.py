"""The task ``series``: recordings of sensors in a file or folder, or those of a smartwatch."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_core.values.data import DataRecord, Item, Source
from monas_series import watch
from monas_series.options import SeriesOptions
from monas_series.reading import Found, found
from monas_series.recordings import PARTS, Stretch, long_enough, split
from monas_series.table import Numbers, Table
from monas_series.task import Material, SeriesClassification, SeriesRegression, SeriesTask
from monas_series.windows import Windows


def load(argument: str | None = None, *, options: SeriesOptions | None = None) -> SeriesTask:
    """The task ``series:PATH``; without a path the exercises of a smartwatch.

    Raises:
        UsageError: Nothing there, or something of it is not as it must be, in one sentence.
    """
    options = options or SeriesOptions()
    if argument is None:
        if options.label or options.target or options.columns or options.recording:
            raise UsageError(
                'Task "series" without a PATH has its own columns; leave out '
                "options.task.label, target, columns and recording, or write series:PATH."
            )
        return _watch(options)
    path = Path(argument).expanduser()
    who = f"Task series:{argument}"
    content = found(path, options, who)
    sources = (Source(argument, str(path.absolute()), "file", _items(path, content.tables)),)
    return _made(f"series:{argument}", who, content, options, str(path.resolve()), sources)


def _watch(options: SeriesOptions) -> SeriesTask:
    channels, stretches, content = watch.load()
    item = Item(hashlib.sha256(content).hexdigest(), sum(map(len, stretches)))
    source = Source("", "", "file", {"seglearn's watch_dataset": item})
    held = Found(
        columns=channels,
        answer="exercise",
        classes=True,
        stretches=stretches,
        tables=[],
        divided="by person: none is in two parts",
        notes=(),
    )
    told = "shoulder exercises recorded by a smartwatch at 50 Hz (arXiv 1802.01489), in seglearn"
    return _made("series", 'Task "series"', held, options, told, (source,))


def _made(
    name: str,
    who: str,
    held: Found,
    options: SeriesOptions,
    told: str,
    sources: tuple[Source, ...],
) -> SeriesTask:
    """Windows, normalisation and record of what was found."""
    kept, short = long_enough(held.stretches, options.window, who)
    parts = split(kept, who)
    classes = tuple(sorted({stretch.label for stretch in kept})) if held.classes else ()
    train = np.concatenate([stretch.values for stretch in parts["train"]])
    mean, deviation, still = _moments(train, held.columns)
    windows: dict[Part, Windows] = {
        part: Windows(of, options.window, options.step, mean, deviation, _answers(of, classes))
        for part, of in parts.items()
    }
    notes = held.notes
    if still:
        notes += (f"in training these columns never change: {', '.join(still)}",)
    if short:
        notes += (f"{len(short)} recordings are too short for a window and left out",)
    data = DataRecord(
        sources=sources,
        parts={part: len(windows[part]) for part in PARTS},
        unit="windows",
        classes=_counts(windows, classes),
        left_out=short,
        notes=notes,
    )
    facts = {
        "source": told,
        "recordings": {part: len({s.recording for s in parts[part]}) for part in PARTS},
        "split": held.divided,
        **({"classes": data.class_summary} if classes else {"target": held.answer}),
    }
    shown = {"stride": options.step, "mean": mean.tolist(), "deviation": deviation.tolist()}
    material = Material(
        windows, held.columns, options.window, options.evaluated, shown, facts, data
    )
    if classes:
        return SeriesClassification(name, material, classes)
    return _regression(name, who, material, held.answer)


def _regression(name: str, who: str, material: Material, answer: str) -> SeriesRegression:
    targets = material.parts["train"].answers().double()
    mean, deviation = float(targets.mean()), float(targets.std(correction=0))
    if deviation == 0:
        raise UsageError(
            f'{who}: target "{answer}" is {mean:g} in every window that is learned from; give data '
            "in which it changes."
        )
    return SeriesRegression(name, material, answer, mean, deviation)


def _moments(rows: Numbers, columns: Sequence[str]) -> tuple[Numbers, Numbers, list[str]]:
    """Mean and deviation ``(C,)`` of each column, and the columns that never change."""
    mean = rows.mean(0, dtype=np.float64).astype(np.float32)
    deviation = rows.std(0, dtype=np.float64).astype(np.float32)
    still = [name for name, spread in zip(columns, deviation, strict=True) if spread == 0]
    return mean, np.where(deviation > 0, deviation, np.float32(1)), still


def _answers(stretches: Sequence[Stretch], classes: tuple[str, ...]) -> Tensor:
    """The class or the number at every row, one stretch after the other."""
    if not classes:
        return torch.from_numpy(np.concatenate([stretch.targets for stretch in stretches]))
    numbers = {label: number for number, label in enumerate(classes)}
    found = [np.full(len(stretch), numbers[stretch.label]) for stretch in stretches]
    return torch.from_numpy(np.concatenate(found))


def _counts(windows: Mapping[Part, Windows], classes: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """Windows of each class in each part."""
    seen = {part: Counter(windows[part].answers().tolist()) for part in PARTS} if classes else {}
    return {
        label: {part: seen[part][number] for part in PARTS} for number, label in enumerate(classes)
    }


def _items(root: Path, tables: Sequence[Table]) -> dict[str, Any]:
    return {
        (t.path.name if t.path == root else t.path.relative_to(root).as_posix()): Item(
            t.digest, len(t)
        )
        for t in tables
    }

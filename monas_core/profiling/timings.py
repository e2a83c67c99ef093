"""Tables of timings as people have them: separators, decimal commas, units, paths, notes.

Read are files with comma, semicolon, tab or bar between cells, a first row of titles, lines of
notes that begin with ``#``, numbers with point or comma, and units in titles (``latency_ms``,
``Latency (ms)``) or cells (``0.5 ms``). Networks may be written with folders and suffixes.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import attrs

from monas_core.errors import UsageError
from monas_core.values import quantity

_SEPARATORS = ("\t", ";", "|", ",")
_MODEL = frozenset("model models network name file filename path modelname modelfile".split())
_QUANTITIES: Mapping[str, tuple[str, ...]] = {
    "latency_ms": ("latency", "time", "duration"),
    "energy_mj": ("energy",),
    "memory_mb": ("memory", "ram"),
}
"""Metric by words that a title of it contains; units are converted."""
_STATISTICS = re.compile(r"\b(std|stdev|stddev|var|min|max|iqr|p\d\d|count|n|runs)\b")
"""Words of titles that say how a cost varies and not what it is."""
_SUFFIXES = frozenset(
    ".onnx .ort .tflite .lite .pb .pt .pt2 .pte .mnn .param .bin .engine .plan .trt .xml .mlmodel "
    ".mlpackage .dlc .csv .txt .quant".split()
)
_UNITS: Mapping[str, str] = {
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("msec", "msecs", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("usec", "usecs", "microsecond", "microseconds"), "us"),
}
_ENCODINGS = ("utf-8-sig", "cp1252")


@attrs.frozen
class Timings:
    """What a table says.

    Attributes:
        samples: Numbers by metric, then by network, in the unit of the metric.
        ignored: Titles of columns that are no cost.
    """

    samples: dict[str, dict[str, list[float]]]
    ignored: tuple[str, ...]


@attrs.frozen
class _Column:
    title: str
    index: int
    metric: str
    unit: str


def read(path: Path, known: Sequence[str]) -> Timings:
    """Read a table.

    Args:
        path: Of the file.
        known: Keys of the networks that may be in it.

    Raises:
        UsageError: No table, no column of networks or costs, an unknown network or no cost.
    """
    lines = [(n, t) for n, t in enumerate(_text(path).splitlines(), start=1) if _says(t)]
    separator = max(_SEPARATORS, key=lines[0][1].count) if lines else ","
    rows = [next(csv.reader([text], delimiter=separator)) for _, text in lines]
    header = [title.strip() for title in rows[0]] if rows else []
    model, columns, ignored = _columns(path, header)
    samples: dict[str, dict[str, list[float]]] = {column.metric: {} for column in columns}
    for (line, _), row in zip(lines[1:], rows[1:], strict=True):
        cells = [cell.strip() for cell in row] + [""] * len(header)
        if not any(cells):
            continue
        key = _network(f"{path}, line {line}", cells[model], known)
        for column in columns:
            text = cells[column.index]
            if text:
                where = f"{path}, line {line}: {column.title}"
                value = _cost(where, text, column, comma=separator != ",")
                samples[column.metric].setdefault(key, []).append(value)
    return Timings(samples, ignored)


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.") from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:
        raise UsageError(f"{path} is no table of text; save it as CSV.")
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError(f"{path} is no CSV file in UTF-8; save it as one.")


def _columns(path: Path, header: list[str]) -> tuple[int, list[_Column], tuple[str, ...]]:
    names = [re.sub(r"[\W_]+", "", title.lower()) for title in header]
    model = next((i for i, name in enumerate(names) if name in _MODEL), None)
    columns: list[_Column] = []
    ignored: list[str] = []
    for index, title in enumerate(header):
        metric = None if index == model else _metric(title)
        if metric is not None:
            columns.append(_Column(title, index, metric, _unit(path, title, metric)))
        elif title and index != model:
            ignored.append(title)
    if model is None or not columns:
        raise UsageError(
            f"{path} has the columns {', '.join(header) or '(none)'}; it needs model and at least "
            "one cost such as latency_ms."
        )
    for column in columns:
        twins = [c.title for c in columns if c.metric == column.metric]
        if len(twins) > 1:
            raise UsageError(
                f"{path} has several columns for {column.metric}: {', '.join(twins)}; keep one."
            )
    return model, columns, tuple(ignored)


def _metric(title: str) -> str | None:
    words = re.sub(r"[\W_]+", " ", title.lower())
    if _STATISTICS.search(words):
        return None
    for metric, marks in _QUANTITIES.items():
        if any(word.removesuffix("s") in marks for word in words.split()):
            return metric
    return None


def _unit(path: Path, title: str, metric: str) -> str:
    """The unit in a title, "" where there is none; it must be one of the metric's quantity."""
    inside = re.search(r"[\[(]\s*([^\])]*?)\s*[\])]", title)
    last = re.split(r"[\s_]+", title.strip())[-1]
    written = inside[1] if inside else ("" if _metric(last) else last)
    if not written:
        return ""
    unit = _unit_named(written)
    quantity.in_unit(1.0, unit, quantity.metric_unit(metric), f'{path}: column "{title}"')
    return unit


def _unit_named(text: str) -> str:
    return quantity.metric_unit(f"x_{_UNITS.get(text.lower(), text)}")


def _network(where: str, text: str, known: Sequence[str]) -> str:
    """The network a cell means: by name, without folder and suffix, or as part of a name."""
    name = PurePosixPath(text.replace("\\", "/")).name
    while PurePosixPath(name).suffix.lower() in _SUFFIXES:
        name = PurePosixPath(name).stem
    if name in known:
        return name
    inside = [key for key in known if len(key) >= 8 and key.lower() in name.lower()]
    if len(inside) == 1:
        return inside[0]
    raise UsageError(
        f'{where}: "{text}" is no reference network of this space, preset and task; write the '
        "models with monas profile --emit and time those."
    )


def _cost(where: str, text: str, column: _Column, *, comma: bool) -> float:
    """A cell as a number in the unit of the metric."""
    wanted = quantity.metric_unit(column.metric)
    try:
        value, unit = quantity.parse(_with_point(where, text, comma=comma))
    except ValueError:
        value, unit = math.nan, ""
    if not math.isfinite(value) or value <= 0:
        raise UsageError(f'{where} is "{text:.40}"; a cost must be a finite number above 0.')
    unit = _unit_named(unit) if unit else column.unit
    if not unit:
        raise UsageError(
            f'{where} is "{text:.40}" without a unit; write it into the title, as {column.metric} '
            f"does, or into the cell: {value:g} {wanted}."
        )
    return quantity.in_unit(value, unit, wanted, where)


def _with_point(where: str, text: str, *, comma: bool) -> str:
    """A number with a decimal point and without separators of thousands."""
    text = re.sub(r"(?<=\d)[\u00a0\u202f' ](?=\d{3}\b)", "", text)
    if "," not in text:
        return text
    if "." in text:
        other = "." if text.rfind(",") > text.rfind(".") else ","
        return text.replace(other, "").replace(",", ".")
    if not comma and re.match(r"\d{1,3}(,\d{3})+(?!\d)", text):
        raise UsageError(
            f'{where} is "{text:.40}", which may be a thousand or a fraction; write it with a '
            "decimal point."
        )
    return text.replace(",", ".")

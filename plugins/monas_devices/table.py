"""Devices that look costs up by block and add them: ``table:FILE``.

Two forms are read. In monas's own (``format: monas-table-1``, ``lookup``) a block's cost depends
on answers to named choices, so it fits one space, and the correspondence is checked completely:
every choice and option must exist, and every combination must have one row. In the form that
once-for-all publishes (``shapes``), rows are keyed by the shapes of layers, so it fits any space
whose networks consist of such layers; a shape without a row is told by its key.

A sum of tabulated parts is "tabulated"; what lies between the parts is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile, require_metric
from monas_core.record.yamltext import parse_yaml
from monas_core.values.architecture import Architecture
from monas_core.values.quantity import metric_unit
from monas_core.values.value import Value
from monas_devices.lookup import FORMAT, Blocks
from monas_devices.shapes import Shapes, is_shape_table

_TEXTS = ("name", "processor", "runtime", "kind", "date")
_LONGEST = 1 << 26
"""Characters of a file; the published ones have less than a million."""
_PRECISIONS = ("fp32", "fp16", "bf16", "int8")


class Rows(Protocol):
    """Either form of table."""

    metric: str

    def cost(self, architecture: Architecture, context: Context) -> float:
        """The sum of an architecture's rows, in the unit of the metric."""
        ...


class Table(Device):
    """A device known by an additive table.

    Args:
        argument: Path of a YAML or JSON file, or of a folder of once-for-all files.
        document: Its content, where it is known already.

    Raises:
        UsageError: It cannot be read, or is no table of either form.
    """

    def __init__(
        self, argument: str | None = None, document: Mapping[str, Any] | None = None
    ) -> None:
        where = f"Table {argument}" if argument else "Table"
        if document is None:
            document = _read(Path(argument or ""))
        self.document = document
        self.profile = _profile(document, where)
        self._rows: Rows = (
            Blocks(document, where) if "blocks" in document else Shapes(document, where)
        )
        self.metrics = frozenset({self._rows.metric})

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """Sums of rows, origin "tabulated".

        Raises:
            Unavailable: A row is missing.
            UsageError: The table is of another space.
        """
        require_metric(self, metric, "this cost")
        unit = metric_unit(metric)
        return [Value(self._rows.cost(a, context), unit, "tabulated") for a in architectures]


def _read(path: Path) -> dict[str, Any]:
    """The document of a file, or of the files of a folder together."""
    paths = sorted(path.glob("*.y*ml")) if path.is_dir() else [path]
    if not paths:
        raise UsageError(f"Table {path} is a folder without YAML files.")
    found = [_load(one) for one in paths]
    if len(found) == 1 and "format" in found[0]:
        return {"name": path.stem, **found[0]}
    rows: dict[str, float] = {}
    for one, document in zip(paths, found, strict=True):
        if not is_shape_table(document):
            raise UsageError(
                f"Table {one} has neither format: {FORMAT} nor rows keyed by shapes as "
                "once-for-all writes them; docs/devices.md shows both."
            )
        rows |= Shapes.rows_of(document, f"Table {one}")
    return {"name": path.stem, "format": "once-for-all", "metric": "latency_ms", "rows": rows}


def _load(path: Path) -> dict[str, Any]:
    try:
        document = parse_yaml(path.read_text(encoding="utf-8"), _LONGEST, numbered=True)
    except OSError as error:
        raise UsageError(f"Cannot read table {path}: {error.strerror}.") from error
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"Table {path} is neither YAML nor JSON: {reason:.160}.") from error
    if not isinstance(document, dict):
        raise UsageError(f"Table {path} must hold a mapping, got {document!r:.60}.")
    return document


def _profile(document: Mapping[str, Any], where: str) -> DeviceProfile:
    told = {key: document.get(key, "") for key in _TEXTS}
    for key, value in told.items():
        if not isinstance(value, str):
            raise UsageError(f"{where}: {key} must be text, got {value!r:.40}.")
    precision, batch = document.get("precision", "fp32"), document.get("batch", 1)
    if precision not in _PRECISIONS:
        raise UsageError(
            f"{where}: precision must be one of {', '.join(_PRECISIONS)}, got {precision!r:.40}."
        )
    if type(batch) is not int or batch < 1:
        raise UsageError(f"{where}: batch must be a positive integer, got {batch!r:.40}.")
    return DeviceProfile(
        name=told["name"],
        processor=told["processor"] or "not told",
        runtime=told["runtime"] or "not told",
        precision=precision,
        batch=batch,
        origin="tabulated",
        kind=told["kind"] or "other",
        date=told["date"],
    )

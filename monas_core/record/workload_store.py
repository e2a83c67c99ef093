"""Traced workloads in a run folder, so that answering for a new device need not trace again.

Tracing a network takes a tenth of a second, and the first one imports a second's worth of
torch. The folder is a cache: without it, or if it is damaged, networks are traced again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from monas_core import seals, state
from monas_core.errors import UsageError
from monas_core.files import inside
from monas_core.parts.context import Context
from monas_core.tracing.workload import Workload
from monas_core.values.architecture import Architecture

_FOLDER = "workloads"


def keep(run: Path, context: Context, architectures: Iterable[Architecture]) -> None:
    """Write what was traced of the reference set and of some architectures."""
    wanted = {*context.space.references(), *architectures}
    rows = [
        {
            "architecture": architecture.to_json(),
            "batch": batch,
            "flops": workload.flops,
            "elements": workload.elements,
            "parameters": workload.parameters,
            "peak_elements": workload.peak_elements,
            "depths": workload.depths,
            "narrow": workload.narrow,
            "narrow_parameters": list(workload.narrow_parameters),
        }
        for (architecture, batch), workload in context.workloads.items()
        if architecture in wanted
    ]
    state.save(inside(run, _FOLDER), {"rows": rows}, seals.identity(run))


def recall(run: Path, context: Context) -> None:
    """Put back what ``keep`` wrote for the same space."""
    choices = context.space.choices
    try:
        rows = state.load(inside(run, _FOLDER), seals.identity(run))["rows"]
        for row in rows:
            key = choices.from_json(row.pop("architecture")), row.pop("batch")
            if row["depths"] is not None:  # what is not known is traced again
                few = tuple(row.pop("narrow_parameters"))
                context.workloads[key] = Workload(**row, narrow_parameters=few)
    except (UsageError, KeyError, TypeError, AttributeError, ValueError):
        return

"""A run from a configuration to its end, in this process."""

from __future__ import annotations

from monas_core.catalog.lookup import Catalog
from monas_core.events import Bus
from monas_core.record.config import RunConfig
from monas_core.run import Run
from monas_core.running.control import Control
from monas_core.running.starting import carry_out


def search(
    config: RunConfig,
    catalog: Catalog | None = None,
    bus: Bus | None = None,
    *,
    control: Control | None = None,
    resume: str | None = None,
) -> Run:
    """The finished run. Raises MonasError as the command line would report it."""
    known = catalog or Catalog.installed()
    path = carry_out(config, known, bus or Bus(), control or Control(), resume)
    return Run.open(path, known)

"""What a process can be sent to do: one run, or the reference search of one device."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from monas_core.bench.attempt import Heed, attempt
from monas_core.bench.contest import Contest
from monas_core.bench.reference import reference_search
from monas_core.catalog.lookup import Catalog
from monas_core.problem.benchmark import Benchmark


@attrs.frozen
class Errand:
    """A unit of work.

    Attributes:
        kind: A run of a participant, or a reference search.
        name: Label of the participant, or name of the device.
        seed: Of the run.
    """

    kind: Literal["run", "reference"]
    name: str
    seed: int = 0

    def __str__(self) -> str:
        if self.kind == "run":
            return f"{self.name}, seed {self.seed}"
        return f"reference front of {self.name}"


def perform(
    errand: Errand, contest: Contest, benchmark: Benchmark, catalog: Catalog, heed: Heed
) -> dict[str, Any]:
    """Do it; the document to be stored. Raises what ``attempt`` and ``reference_search`` raise."""
    if errand.kind == "reference":
        return reference_search(benchmark, catalog, errand.name, heed)
    variant = next(v for v in contest.variants if v.label == errand.name)
    return attempt(contest, benchmark, catalog, variant, errand.seed, heed)

"""The course of a contest: what is missing is run, stored, and then judged together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from monas_core.bench import in_ranks, results, workers
from monas_core.bench.contest import Contest
from monas_core.bench.errand import Errand
from monas_core.bench.picture import draw
from monas_core.bench.reference import fronts, needed, reference_settings
from monas_core.bench.store import Store
from monas_core.catalog.lookup import Catalog
from monas_core.computing.ranks import ALONE, Ranks
from monas_core.errors import Interrupted
from monas_core.files import strict_json, write_text
from monas_core.problem.benchmark import Benchmark
from monas_core.running.together import agree


class Watcher(Protocol):
    """A screen, told plain values."""

    def opening(self, total: int, kept: int) -> None:
        """How many pieces of work there are, and how many an earlier call finished."""

    def progress(self, name: str, share: float) -> None:
        """How far a piece is, 0 to 1."""

    def finished(self, name: str, facts: Mapping[str, float]) -> None:
        """A piece is done and stored."""


def hold(
    contest: Contest,
    benchmark: Benchmark,
    catalog: Catalog,
    store: Store,
    watcher: Watcher,
    *,
    jobs: int = 1,
    ranks: Ranks = ALONE,
    stopping: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Run what the folder lacks and write the verdict there.

    With ``ranks`` this is rank 0 of several processes that work off what is missing.

    Returns:
        The document of ``results.json``.

    Raises:
        UsageError: The folder is in use or holds runs made under other settings.
        PluginError: An optimizer failed or broke a rule.
        Interrupted: ``stopping`` said so; finished runs are kept.
    """
    store.prepare()
    with store.locked():
        ledger = _Ledger(contest, benchmark, catalog, store)
        missing = ledger.read()
        watcher.opening(len(ledger.errands), len(ledger.errands) - len(missing))

        def tell(errand: Errand, share: float) -> None:
            watcher.progress(str(errand), share)

        if ranks.count > 1:
            ranks.tell(in_ranks.assigned(missing, contest))
            agree(ranks, catalog, "")
            team = in_ranks.Team(ranks, contest, benchmark, catalog)
            done = team.lead(missing, tell, stopping)
        elif jobs > 1 and len(missing) > 1:
            done = workers.in_processes(missing, contest, jobs, tell, stopping)
        else:
            done = workers.one_by_one(missing, contest, benchmark, catalog, tell, stopping)
        try:
            with closing(done):
                for errand, document in done:
                    ledger.keep(errand, document)
                    keys = ("queries", "search_seconds")
                    watcher.finished(str(errand), {key: document[key] for key in keys})
        except (Interrupted, KeyboardInterrupt):
            raise Interrupted(
                f"stopped; finished runs are kept in {store.path}, the same command goes on "
                "from there"
            ) from None
        return _conclude(contest, benchmark, ledger, store.path)


class _Ledger:
    """Which errands there are, under which settings, and what came of them."""

    def __init__(
        self, contest: Contest, benchmark: Benchmark, catalog: Catalog, store: Store
    ) -> None:
        self.store = store
        self.errands: dict[Errand, tuple[Path, dict[str, Any]]] = {}
        self.documents: dict[Errand, dict[str, Any]] = {}
        for device in needed(contest, benchmark):
            settings = reference_settings(contest, benchmark, catalog, device)
            errand = Errand("reference", device)
            self.errands[errand] = store.reference_file(device), settings
        for seed in range(contest.seeds):
            for variant in contest.variants:
                errand = Errand("run", variant.label, seed)
                path = store.run_file(variant.label, seed)
                self.errands[errand] = path, contest.settings(variant)

    def read(self) -> list[Errand]:
        """Take what is stored already; what is missing. Raises UsageError for misfits."""
        for errand, (path, settings) in self.errands.items():
            document = self.store.load(path, settings)
            if document is None and errand.kind == "reference":
                document = self.store.borrow(path, settings)
            if document is not None:
                self.documents[errand] = document
        return [errand for errand in self.errands if errand not in self.documents]

    def keep(self, errand: Errand, document: dict[str, Any]) -> None:
        """Store what came of an errand."""
        path, settings = self.errands[errand]
        self.store.save(path, document, settings)
        self.documents[errand] = document

    def of(self, kind: str) -> dict[Errand, dict[str, Any]]:
        """Documents of one kind, in order."""
        return {e: self.documents[e] for e in self.errands if e.kind == kind}


def _conclude(
    contest: Contest, benchmark: Benchmark, ledger: _Ledger, path: Path
) -> dict[str, Any]:
    runs = list(ledger.of("run").values())
    searched = {errand.name: document for errand, document in ledger.of("reference").items()}
    best = fronts(contest, benchmark, runs, searched)
    document = {**results.verdict(contest, benchmark, runs, best), "folder": str(path)}
    write_text(path / "results.json", strict_json(document, indent=1) + "\n")
    write_text(path / "results.csv", results.to_csv(document["results"]))
    write_text(path / "summary.csv", results.summary_csv(document["summary"]))
    draw(path / "fronts.png", document, runs, best)
    return document

"""Errands worked off by processes that a launcher started, on one machine or several.

Each takes the next errand when it is free. What came of it goes to rank 0, which stores it.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from monas_core.bench.attempt import one_thread
from monas_core.bench.contest import Asked, Contest, resolve
from monas_core.bench.errand import Errand, perform
from monas_core.bench.workers import Done, Stopping, Tell, portable, rebuilt
from monas_core.catalog.lookup import Catalog
from monas_core.computing.ranks import RankLostError, Ranks
from monas_core.errors import Interrupted, MonasError
from monas_core.files import parse_json, strict_json
from monas_core.problem.benchmark import Benchmark
from monas_core.running.together import agree

ERRANDS = "errands"
_STOP = "stop"
_LOOK_EVERY_S = 0.2


@attrs.frozen
class Team:
    """Processes at work on one contest.

    Attributes:
        ranks: All of them.
        contest, benchmark, catalog: As each has them.
    """

    ranks: Ranks
    contest: Contest
    benchmark: Benchmark
    catalog: Catalog

    def lead(self, errands: Sequence[Errand], tell: Tell, stopping: Stopping) -> Done:
        """Every errand with its document, as rank 0 hears of them.

        Raises:
            Interrupted: ``stopping`` said so.
            MonasError: What an errand raised, or another process is gone.
        """
        waiting, gathered = dict(enumerate(errands)), False

        def heed() -> None:
            if stopping():
                self.ranks.board.post(_STOP, "")

        try:
            while (number := self.ranks.board.ticket(ERRANDS)) < len(errands):
                errand = waiting.pop(number)

                def told(share: float, errand: Errand = errand) -> None:
                    if stopping():
                        raise Interrupted("stopped")
                    tell(errand, share)

                yield errand, self._performed(errand, told)
                yield from self._posted(waiting)
            gathered = True
            try:
                self.ranks.gather(None, heed)
            except RankLostError:
                yield from self._posted(waiting)  # which is done is kept
                raise
            yield from self._posted(waiting)
            if waiting:
                raise Interrupted("stopped")
        finally:
            if not gathered:
                self.ranks.board.post(_STOP, "")
                self.ranks.gather(None)

    def help(self, errands: Sequence[Errand]) -> None:
        """Work off errands until there are no more, or rank 0 stops."""
        looked = 0.0

        def heed(_: float) -> None:
            nonlocal looked
            if time.perf_counter() - looked > _LOOK_EVERY_S:
                looked = time.perf_counter()
                if self.ranks.board.posted(_STOP) is not None:
                    raise Interrupted("stopped")

        while (number := self.ranks.board.ticket(ERRANDS)) < len(errands):
            try:
                told = {"document": self._performed(errands[number], heed)}
            except Interrupted:
                break
            except MonasError as error:
                told = {"fault": portable(error)}
            except Exception:  # noqa: BLE001 - told to rank 0, which raises it
                told = {"crash": traceback.format_exc()}
            self.ranks.board.post(f"{ERRANDS}/{number}", strict_json(told))
        self.ranks.gather(None)

    def _performed(self, errand: Errand, heed: Any) -> dict[str, Any]:
        with one_thread():
            return perform(errand, self.contest, self.benchmark, self.catalog, heed)

    def _posted(self, waiting: dict[int, Errand]) -> Iterator[tuple[Errand, dict[str, Any]]]:
        """Documents of others that have come, whose errands wait no more."""
        for number in list(waiting):
            text = self.ranks.board.posted(f"{ERRANDS}/{number}")
            if text is None:
                continue
            errand, told = waiting.pop(number), parse_json(text)
            if "fault" in told:
                raise rebuilt(*told["fault"])
            if "crash" in told:
                raise RuntimeError(f"in a process at work on {errand}:\n{told['crash']}")
            yield errand, told["document"]


def assigned(errands: Sequence[Errand], contest: Contest) -> dict[str, Any]:
    """What rank 0 tells the others: the errands, and what they have to have alike."""
    return {"do": ERRANDS, ERRANDS: [attrs.asdict(e) for e in errands], "on": contest.ground()}


def take_part(wish: Asked, catalog: Catalog, ranks: Ranks, told: Mapping[str, Any]) -> None:
    """What a process does that is not the first, once rank 0 has told it of errands.

    Raises:
        UsageError: It has other code, data or plugins, as all are told.
    """
    try:
        contest, benchmark = resolve(wish, catalog)
    except MonasError as error:
        agree(ranks, catalog, str(error))
        raise
    own = contest.ground()
    other = [name for name, value in told["on"].items() if own.get(name) != value]
    fault = f"its {' and '.join(other)} differ from those of rank 0; install and copy the same."
    agree(ranks, catalog, fault if other else "")
    Team(ranks, contest, benchmark, catalog).help([Errand(**e) for e in told[ERRANDS]])
    ranks.tell()  # rank 0 has judged, or failed

"""Errands one after another in this process, or spread over several."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any

import attrs

from monas_core import errors
from monas_core.bench.attempt import one_thread
from monas_core.bench.contest import Contest
from monas_core.bench.errand import Errand, perform
from monas_core.catalog.lookup import Catalog
from monas_core.problem.benchmark import Benchmark

Tell = Callable[[Errand, float], None]
"""Told how far an errand is, 0 to 1."""
Stopping = Callable[[], bool]
"""Whether the person wants to stop."""
Done = Generator[tuple[Errand, dict[str, Any]], None, None]
"""Errands with their documents, in the order in which they are finished."""
Link = connection.Connection

_POLL_S = 0.2
_TELL_EVERY_S = 0.2
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one_by_one(
    errands: Sequence[Errand],
    contest: Contest,
    benchmark: Benchmark,
    catalog: Catalog,
    tell: Tell,
    stopping: Stopping,
) -> Done:
    """Every errand with its document, in this process.

    Raises:
        Interrupted: Between two steps of a search, when ``stopping`` says so.
    """
    for errand in errands:

        def heed(share: float, errand: Errand = errand) -> None:
            if stopping():
                raise errors.Interrupted("stopped")
            tell(errand, share)

        with one_thread():
            document = perform(errand, contest, benchmark, catalog, heed)
        yield errand, document


def in_processes(
    errands: Sequence[Errand], contest: Contest, jobs: int, tell: Tell, stopping: Stopping
) -> Done:
    """Every errand with its document as it is finished, by several processes of one thread.

    Each process finds the installed plugins and reads the data itself.

    Raises:
        Interrupted: When ``stopping`` says so; errands under way are given up.
        MonasError: What an errand raised, or a process that ended by itself.
    """
    waiting = deque(errands)
    with _started(min(jobs, len(errands)), contest) as workers:
        for worker in workers:
            worker.send(waiting.popleft())
        while any(worker.errand for worker in workers):
            if stopping():
                raise errors.Interrupted("stopped")
            links = {worker.link: worker for worker in workers if worker.errand}
            for link in connection.wait(list(links), _POLL_S):
                worker = links[link]  # pyright: ignore[reportArgumentType]
                errand, (word, content) = worker.errand, worker.receive()
                assert errand is not None
                if word == "share":
                    tell(errand, content)
                    continue
                worker.errand = None
                if waiting:
                    worker.send(waiting.popleft())
                yield errand, content


@attrs.define
class _Worker:
    process: BaseProcess
    link: Link
    errand: Errand | None = None

    def send(self, errand: Errand) -> None:
        self.link.send(errand)
        self.errand = errand

    def receive(self) -> tuple[str, Any]:
        """``("share", number)`` or ``("done", document)``; faults are raised here."""
        try:
            word, content = self.link.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            raise errors.MonasError(
                f"The process at work on {self.errand} ended by itself (exit code "
                f"{self.process.exitcode}), perhaps for want of memory; try fewer --jobs. "
                "Finished runs are kept."
            ) from None
        if word == "fault":
            raise rebuilt(*content)
        if word == "crash":
            raise RuntimeError(f"in a process at work on {self.errand}:\n{content}")
        return word, content


@contextlib.contextmanager
def _started(count: int, contest: Contest) -> Iterator[list[_Worker]]:
    """Processes that wait for errands; ended with the block, whatever they are doing."""
    context = multiprocessing.get_context("spawn")
    workers: list[_Worker] = []
    try:
        with _environment(dict.fromkeys(_THREADS, "1")):
            for _ in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, contest), daemon=True)
                process.start()
                theirs.close()
                workers.append(_Worker(process, ours))
        yield workers
    finally:
        for worker in workers:
            worker.link.close()
            worker.process.terminate()
        for worker in workers:
            worker.process.join()
            worker.process.close()


@contextlib.contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(link: Link, contest: Contest) -> None:
    """The life of a process: errands in, documents out, until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent decides
    with (
        contextlib.suppress(EOFError, ConnectionError),
        contextlib.redirect_stdout(sys.stderr),
        one_thread(),
    ):
        try:
            catalog = Catalog.installed()
            benchmark = catalog.create("benchmark", contest.problem, data=contest.data)
            while True:
                errand = link.recv()
                heed = _messenger(link)
                link.send(("done", perform(errand, contest, benchmark, catalog, heed)))
        except (EOFError, ConnectionError):
            raise
        except errors.MonasError as error:
            link.send(("fault", portable(error)))
        except Exception:  # noqa: BLE001 - told to the parent, which raises it
            link.send(("crash", traceback.format_exc()))


def portable(error: errors.MonasError) -> tuple[str, str, int]:
    """A fault as plain values: a plugin's own class is unknown where it is raised again.

    Returns:
        The name of its nearest class among monas' own, what it says, and its exit code.
    """
    name = next(c.__name__ for c in type(error).__mro__ if c.__module__ == errors.__name__)
    return name, str(error), error.exit_code


def rebuilt(name: str, message: str, exit_code: int) -> errors.MonasError:
    """Inverse of ``portable``, as far as it matters to who ran the command."""
    fault: errors.MonasError = getattr(errors, name)(message)
    fault.exit_code = exit_code
    return fault


def _messenger(link: Link) -> Callable[[float], None]:
    told = 0.0

    def heed(share: float) -> None:
        nonlocal told
        if time.perf_counter() - told > _TELL_EVERY_S:
            told = time.perf_counter()
            link.send(("share", share))

    return heed

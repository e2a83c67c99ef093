"""One run as a job: started again where it was preempted, it goes on from where it stopped."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import attrs

from monas_core.errors import MonasError

_INTERRUPTED = 130
Handler = Callable[[int, FrameType | None], Any]


@attrs.frozen
class Job:
    """What submitit keeps of a job and calls on the machine that it is given.

    The signal by which a batch system asks for the machine back lets the run stop after its step
    and save; then the job is put back into the queue, and the same command goes on.

    Attributes:
        arguments: Of the command line; with ``--resume auto`` and ``--out-dir``.
    """

    arguments: tuple[str, ...]

    def __call__(self) -> None:
        """Carry out the command. Raises MonasError where it failed."""
        from submitit import JobEnvironment
        from submitit.helpers import TorchDistributedEnvironment

        from monas_core.cli.main import main

        environment = JobEnvironment()
        if environment.num_tasks > 1:
            TorchDistributedEnvironment().export(set_cuda_visible_devices=False, overwrite=True)
        number = getattr(signal, f"SIG{JobEnvironment.USR_SIG}")
        code: object = 0
        with _gently(number, leads=environment.global_rank == 0) as requeued:
            try:
                main(self.arguments)
            except SystemExit as end:
                code = end.code
            if code == _INTERRUPTED:
                requeued()
        if code:
            raise MonasError(f"monas {self.arguments[0]} ended with exit code {code}")

    def checkpoint(self) -> Any:
        """What is put back into the queue: the same."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


@contextlib.contextmanager
def _gently(number: int, *, leads: bool) -> Iterator[Callable[[], None]]:
    """Turn a signal of the batch system into a request to stop after the step.

    Args:
        number: The signal, for which submitit has put a handler in place that requeues at once.
        leads: Whether this is the process that saves; the others are ended by it.

    Yields:
        To be called when the run has stopped: requeues the job if that was why.
    """
    requeue, asked = signal.getsignal(number), list[int]()

    def on_signal(which: int, frame: FrameType | None) -> None:
        stop = signal.getsignal(signal.SIGUSR1)
        if asked:
            return  # twice would stop at once, unsaved
        asked.append(which)
        handler = stop if callable(stop) else requeue  # nothing has begun
        assert callable(handler)
        handler(which, frame)

    def requeued() -> None:
        if asked and callable(requeue):
            requeue(number, None)

    if not leads or not callable(requeue):
        yield requeued
        return
    signal.signal(number, on_signal)
    try:
        yield requeued
    finally:
        signal.signal(number, requeue)

"""Several processes on this machine, as a launcher would start them."""

from __future__ import annotations

import multiprocessing
import socket
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from monas_core.state import packed, unpacked

Work = Callable[[Any], Any]


def _carry_out(work: Work, number: int, count: int, port: int, answers: Any) -> None:
    from monas_core.computing.joining import join
    from monas_core.computing.launch import Launch

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASTER_ADDR", "127.0.0.1")
        patch.setenv("MASTER_PORT", str(port))
        try:
            answer = work(join(Launch(number, count, number), 60.0))
            answers.put((number, packed(answer), ""))
        except Exception:  # noqa: BLE001 - told to the test
            answers.put((number, None, traceback.format_exc()))


@pytest.fixture(scope="session")
def in_ranks() -> Callable[..., list[Any]]:
    """Carries work out in processes that know each other; what each returns, by rank."""

    def carry_out(work: Work, count: int = 2) -> list[Any]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        fork = multiprocessing.get_context("fork")
        answers = fork.Queue()
        processes = [
            fork.Process(target=_carry_out, args=(work, number, count, port, answers))
            for number in range(count)
        ]
        for process in processes:
            process.start()
        found: dict[int, Any] = {}
        for _ in processes:
            number, answer, fault = answers.get(timeout=300)
            assert not fault, fault
            found[number] = unpacked(answer)
        for process in processes:
            process.join(60)
        return [found[number] for number in range(count)]

    return carry_out

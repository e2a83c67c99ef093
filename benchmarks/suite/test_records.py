"""What is kept: fronts, values, checkpoints, events, and the report made of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from bench_weight_step import planned
from conftest import Beside
from growth import archive_of, known_problem, one_more
from workbench import toy

from monas_core import state
from monas_core.record.archive import uncollected
from monas_core.record.logs import LineLog
from monas_core.record.rundir import RunFolder
from monas_core.report.facts import Facts
from monas_core.report.page import write_report
from monas_core.running.session import Session


def test_front(beside: Beside) -> None:
    count = 100_000 if beside.benchmark.enabled else 1_000
    _, joined = one_more(known_problem(count))
    points = np.random.default_rng(0).random((count, 3))
    beside(
        f"front of {count:,d} evaluations and 3 objectives, one more",
        joined,
        points.copy,
        limited_by="one copy of all points",
        below_s=0.002,
    )


def test_archive(beside: Beside) -> None:
    count = 100_000 if beside.benchmark.enabled else 1_000
    archive, problem = archive_of(count)

    def read() -> None:
        with uncollected():
            toy(1, 3, 12).evaluator.remember(archive.read(problem.choices))

    def parsed() -> None:
        with archive.path.open("rb") as stream:
            for line in stream:
                json.loads(line)

    beside(
        f"archive of {count:,d} values read, a value",
        read,
        parsed,
        limited_by="json.loads of every line",
        share=count,
        below_s=1e-5,
    )


def test_checkpoint(beside: Beside, tmp_path: Path) -> None:
    session = Session(planned("gpt", None, None, None))
    session.trainer.step()
    content = session.state_dict()
    first = tmp_path / "first"
    state.save(first, content)
    size = sum(path.stat().st_size for path in first.iterdir())
    data, numbers = os.urandom(size), iter(range(10**6))

    def written() -> None:
        path = tmp_path / f"plain-{next(numbers)}"
        with path.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()

    beside(
        f"checkpoint of the GPT supernet and its trainer, {size / 1e6:.1f} MB",
        lambda: state.save(tmp_path / f"ours-{next(numbers)}", content),
        written,
        limited_by="as many bytes written and synced",
    )


def test_event_log(beside: Beside, tmp_path: Path) -> None:
    event = {"event": "StepFinished", "time": 12.5, "phase": "search", "done": 3.0, "step": 7}
    event |= {"losses": {"loss": 1.25, "entropy": 0.5}, "rates": {"steps/s": 3.5}, "note": ""}
    log, plain = LineLog(tmp_path / "ours.jsonl", "whose"), tmp_path / "plain.jsonl"
    line = json.dumps(event).encode() + b"\n"
    handle = os.open(plain, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def ours() -> None:
        for _ in range(1000):
            log.append(event)

    def written() -> None:
        for _ in range(1000):
            os.write(handle, line)

    beside("event logged", ours, written, limited_by="its bytes written", share=1000)
    log.close()
    os.close(handle)


def test_report(beside: Beside, finished: Path, tmp_path: Path) -> None:
    folder, page = RunFolder(finished), tmp_path / "report.html"
    write_report(folder, page, Facts())
    data = page.read_bytes()

    def read_and_written() -> None:
        for line in (finished / "events.jsonl").read_bytes().splitlines():
            json.loads(line)
        for path in finished.glob("front/*.json"):
            json.loads(path.read_bytes())
        (tmp_path / "copy.html").write_bytes(data)

    beside(
        f"report of a run, {len(data) / 1e6:.1f} MB",
        lambda: write_report(folder, page, Facts()),
        read_and_written,
        limited_by="its documents parsed, as many bytes written",
    )

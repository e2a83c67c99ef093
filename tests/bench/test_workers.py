"""Processes at work: errands in, documents and faults out. A whole one is in test_bench."""

from __future__ import annotations

import multiprocessing

import pytest

from monas_core.bench import workers
from monas_core.bench.contest import Asked, resolve
from monas_core.bench.errand import Errand
from monas_core.errors import MonasError, PluginError, UsageError


class Process:
    exitcode = -9

    def join(self) -> None:
        pass


@pytest.fixture
def pair(monkeypatch):
    """Both ends of a link, and who listens at ours; Ctrl-C keeps working in the test."""
    monkeypatch.setattr(workers.signal, "signal", lambda *_: None)
    ours, theirs = multiprocessing.Pipe()
    return ours, theirs, workers._Worker(Process(), ours)  # pyright: ignore[reportArgumentType]


@pytest.fixture
def contest(catalog, data):
    wish = Asked("toy", data, "12evals", 1, optimizers=["random", "sinner-crashes"])
    return resolve(wish, catalog)[0]


def test_an_errand_is_answered_with_its_document(pair, contest):
    _, theirs, worker = pair
    worker.send(Errand("run", "random"))
    worker.link.send(Errand("run", "sinner-crashes"))  # ends the process
    workers._serve(theirs, contest)
    word, content = worker.receive()
    while word == "share":
        word, content = worker.receive()
    assert word == "done"
    assert (content["optimizer"], content["queries"]) == ("random", 12)


def test_a_fault_arrives_as_what_it_was(pair, contest):
    _, theirs, worker = pair
    worker.send(Errand("run", "sinner-crashes"))
    workers._serve(theirs, contest)
    with pytest.raises(PluginError, match=r"^Optimizer .sinner-crashes. .*ZeroDivision"):
        worker.receive()


class OwnError(UsageError):
    """As a plugin may define it; more than a message is needed to make one."""

    exit_code = 42

    def __init__(self, file: str, *, line: int) -> None:
        super().__init__(f"{file} is wrong in line {line}")


class OtherError(MonasError):
    """Directly of the most general class."""


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (OwnError("table.csv", line=7), UsageError, 42),
        (OtherError("table.csv is wrong in line 7"), MonasError, 1),
    ],
)
def test_a_plugins_own_class_of_fault_keeps_words_and_exit_code(
    pair, contest, monkeypatch, fault, kind, code
):
    def fail(*_):
        raise fault

    monkeypatch.setattr(workers, "perform", fail)
    _, theirs, worker = pair
    worker.send(Errand("run", "random"))
    workers._serve(theirs, contest)
    with pytest.raises(kind, match=r"^table\.csv is wrong in line 7$") as caught:
        worker.receive()
    assert caught.value.exit_code == code


def test_a_fault_of_the_program_brings_its_trace(pair, contest, monkeypatch):
    def fail(*_):
        raise KeyError("lost")

    monkeypatch.setattr(workers, "perform", fail)
    _, theirs, worker = pair
    worker.send(Errand("run", "random"))
    workers._serve(theirs, contest)
    with pytest.raises(RuntimeError, match="KeyError: 'lost'"):
        worker.receive()


def test_a_process_that_ends_by_itself_is_explained(pair):
    _, theirs, worker = pair
    worker.send(Errand("run", "random", 3))
    theirs.close()
    with pytest.raises(MonasError, match=r"at work on random, seed 3 ended by itself .*-9.*--jobs"):
        worker.receive()


def test_a_process_ends_with_its_parent(pair, contest):
    ours, theirs, worker = pair
    worker.send(Errand("run", "random"))
    ours.close()
    workers._serve(theirs, contest)

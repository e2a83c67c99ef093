"""Runs on tokens that were learned and on pictures read by other processes, killed and resumed."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import monas_core as monas
from monas_core import state
from monas_core.errors import UsageError
from monas_core.events import StepFinished
from monas_core.record import checkpoints, journal
from monas_core.record.rundir import RunFolder
from monas_tasks import learned

KILLED_AT = 5
SETTINGS: dict[str, Any] = {
    "objectives": ["acc", "params"],
    "devices": ["raspberry-pi-4"],
    "held_out": [],
    "optimizer": "random",
    "budget": "1steps",
    "preferences": 3,
    "progress": False,
}


def search(asked: dict[str, Any], out: Path, **more: Any) -> monas.Run:
    return monas.search(**asked, **SETTINGS, out_dir=out, **more)


def killed(asked: dict[str, Any], out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in a process of its own, which ends in the middle of the warm-up without warning."""

    def kill(event: Any) -> None:
        if isinstance(event, StepFinished) and event.done == KILLED_AT:
            os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        search(asked, out, observers=[kill])

    with monkeypatch.context() as patch:
        patch.setattr(journal, "CHECKPOINT_EVERY_S", 0.0)
        patch.setattr(journal, "SHARE_OF_TIME", 0.0)
        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
        process.join()
    assert process.exitcode == -signal.SIGKILL
    assert checkpoints.found(out), "nothing to go on from"
    assert not RunFolder(out).finished


def assert_same(one: Path, two: Path) -> None:
    first, second = (
        state.load(checkpoints.found(p)[-1])["session"]["supernet"] for p in (one, two)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    for front in (one / "front").glob("*.json"):
        told = [json.loads((run / "front" / front.name).read_text()) for run in (one, two)]
        for document in told:
            document.pop("seal")  # of the settings, which say how many processes there were
        assert told[0] == told[1]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    words = ["def ", "return ", "self", ".x", " = ", "0\n", "é", "(", ")", "import "]
    for number in range(12):
        text = "".join(np.random.default_rng(number).choice(words, 900))
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


def over_tokens(corpus: Path, cache: Path, **options: Any) -> dict[str, Any]:
    task = {"tokenizer": "bpe:300", "context": 96, "evaluated": 4, "cache": str(cache)}
    return {
        "space": "gpt",
        "task": f"text:{corpus}",
        "warm_up": {"steps": 8, "batch_size": 2},
        "options": {"task": task, **options},
    }


def test_a_killed_run_over_learned_tokens_goes_on(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = over_tokens(corpus, tmp_path / "cache")
    whole = search(asked, tmp_path / "whole")
    position = whole.session.context.require_supernet().state_dict()
    assert position["network.position_embedding.weight"].shape[0] == 96
    assert position["network.token_embedding.weight"].shape[0] == 300
    killed(asked, tmp_path / "run", monkeypatch)
    # on another machine: no cache, and another version of the library would learn otherwise
    shutil.rmtree(tmp_path / "cache")
    monkeypatch.setattr(learned, "_learn", None)
    monas.search(resume=tmp_path / "run", progress=False)
    assert_same(tmp_path / "whole", tmp_path / "run")
    kept = tmp_path / "run" / "learned" / "tokenizer" / "tokenizer.json"
    assert (
        kept.read_bytes()
        == (tmp_path / "whole" / "learned" / "tokenizer" / "tokenizer.json").read_bytes()
    )


def test_a_damaged_cache_ends_a_resumed_run_in_one_sentence(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = over_tokens(corpus, tmp_path / "cache")
    killed(asked, tmp_path / "run", monkeypatch)
    for file in (tmp_path / "cache" / "tokens").glob("*/tokens"):
        file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(UsageError, match="is damaged"):
        monas.search(resume=tmp_path / "run", progress=False)


def test_a_killed_run_on_pictures_goes_on_with_other_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs monas[vision]")
    for kind in ("a", "b"):
        (tmp_path / "p" / kind).mkdir(parents=True)
        for number in range(12):
            noise = np.random.default_rng((ord(kind), number)).integers(0, 255, (20, 20, 3))
            path = tmp_path / "p" / kind / f"{number}.png"
            image.fromarray(noise.astype(np.uint8)).save(path)

    def asked(workers: int) -> dict[str, Any]:
        return {
            "space": "mobilenetv3",
            "task": f"imagefolder:{tmp_path / 'p'}",
            "warm_up": {"steps": 8, "batch_size": 4},
            "options": {"task": {"size": 16, "workers": workers}},
        }

    search(asked(0), tmp_path / "whole")
    killed(asked(2), tmp_path / "run", monkeypatch)
    monas.search(resume=tmp_path / "run", progress=False)
    assert_same(tmp_path / "whole", tmp_path / "run")

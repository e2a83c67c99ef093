"""``--predictor RUN`` through the command line and in Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import monas_core as monas
from monas_core.errors import UsageError

pytestmark = pytest.mark.filterwarnings("ignore")
WORDS = (
    "run", "--space", "mobilenetv3", "--objectives", "acc", "--preferences", "2",
    "warm_up.steps=2", "warm_up.batch_size=4",
)  # fmt: skip
FORESEEING = (
    "--optimizer", "nsga2", "options.optimizer.quality=predictor",
    "options.optimizer.candidates=40", "options.optimizer.population=4",
)  # fmt: skip


def test_a_predictor_is_kept_lent_and_refused(cli, nowhere: Path) -> None:
    pytest.importorskip("pymoo")
    done = cli(*WORDS, *FORESEEING, "--budget", "12evals", "--out-dir", "first")
    assert done.code == 0, done.err
    assert (nowhere / "first" / "predictor" / "tensors.safetensors").is_file()

    lent = cli(
        *WORDS, *FORESEEING, "--budget", "6evals", "--predictor", "first", "--out-dir", "second"
    )
    assert lent.code == 0, lent.err
    assert f"predictor: {nowhere / 'first'}" in (nowhere / "second" / "config.yaml").read_text()
    kept = [
        (nowhere / run / "predictor" / "tensors.safetensors").read_bytes()
        for run in ("first", "second")
    ]
    assert kept[0] == kept[1]

    idle = cli(*WORDS, "--optimizer", "random", "--predictor", "first", "--out-dir", "third")
    assert idle.code == 2
    assert "choose --optimizer nsga2 with options.optimizer.quality=predictor" in idle.err
    other = cli(
        "run", "--space", "mobilenetv2", "--objectives", "acc", *FORESEEING, "warm_up.steps=2",
        "--predictor", "first", "--out-dir", "third",
    )  # fmt: skip
    assert other.code == 2
    assert 'is of space "mobilenetv3", not "mobilenetv2"' in " ".join(other.err.split())
    none = cli(*WORDS, *FORESEEING, "--predictor", "nothing", "--out-dir", "third")
    assert none.code == 2
    assert "is not a run folder" in " ".join(none.err.split())
    assert not (nowhere / "third").exists()

    with pytest.raises(UsageError, match='space "mobilenetv3", not "mobilenetv2"'):
        monas.search(
            "mobilenetv2",
            objectives=["acc"],
            optimizer="nsga2",
            predictor=monas.open_run(nowhere / "first"),
            options={"optimizer": {"quality": "predictor"}},
            progress=False,
        )

"""A run of two scores and a count: one pass, one front, through the command line."""

from __future__ import annotations

import json

import pytest

from monas_tasks.language_model import ByteLanguageModel

WORDS = [
    "run", "--space", "gpt", "--objectives", "acc,acc:perplexity,params", "--preferences", "6",
    "--optimizer", "random", "--budget", "2steps", "warm_up.steps=2", "warm_up.batch_size=4",
    "--out-dir", "out", "--json",
]  # fmt: skip


def test_one_front_of_several_scores(cli, nowhere, monkeypatch):
    passes = []
    evaluate = ByteLanguageModel.evaluate

    def counted(task, model, part):
        passes.append(part)
        return evaluate(task, model, part)

    monkeypatch.setattr(ByteLanguageModel, "evaluate", counted)
    done = cli(*WORDS)
    assert done.code == 0, done.err
    assert list(json.loads(done.out)["devices"]) == ["any"]
    assert sorted(path.name for path in (nowhere / "out/front").iterdir()) == [
        "any.csv",
        "any.json",
    ]
    lines = [json.loads(line) for line in (nowhere / "out/archive.jsonl").read_text().splitlines()]
    judged = {
        (row["split"], json.dumps(row["architecture"])) for row in lines if "bit" in row["unit"]
    }
    assert len(passes) == len(judged), "one pass serves both scores"
    (head, *rows) = cli("front", "out", "--csv").out.splitlines()
    assert "acc:perplexity" in head
    assert rows
    picked = json.loads(cli("pick", "out", "--prefer", "acc:perplexity=1", "--json").out)
    assert picked["device"] == "any"
    same = json.loads(
        cli("pick", "out", "--device", "t4", "--prefer", "acc:perplexity=1", "--json").out
    )
    assert same["values"] == picked["values"]
    assert picked["values"]["acc:perplexity"] == pytest.approx(2 ** picked["values"]["acc"])
    by_score = cli("pick", "out", "--prefer", "Perplexity=1", "--max", "bits-per-byte=99", "--json")
    assert json.loads(by_score.out)["key"] == picked["key"], by_score.err
    views = json.loads((nowhere / "out/front/any.json").read_text())["objectives"]
    assert [view.get("score") for view in views] == ["bits per byte", "perplexity", None]
    assert "acc (bits per byte)" in cli("pick", "out").out
    assert "acc is bits per byte" in cli("front", "out").out
    assert cli("report", "out").code == 0
    assert cli("watch", "out").code == 0

"""The task itself: batches, loss, and how a model is judged."""

import math

import pytest
import torch

from monas_translation.codec import BEGIN, END, PAD, UNKNOWN, Characters
from monas_translation.pairs import Pair
from monas_translation.task import JUDGED, Translation

WORDS = ["ab", "abc", "ba", "cab", "bca", "aab", "bb", "ccc", "acb", "b"]


def made(pairs, length=8):
    return Translation(
        "made",
        {"train": pairs, "search": pairs[:4], "test": pairs},
        Characters([text for pair in pairs for text in pair] * 2),
        facts={},
        length=length,
    )


@pytest.fixture
def task():
    """Translate words to themselves, written backwards."""
    return made([Pair(word, word[::-1]) for word in WORDS])


class Perfect:
    """Knows every translation by heart."""

    def __init__(self, task):
        found = task.sentences["test"]
        self.size = task.n_outputs
        self.known = {
            tuple(row[row != PAD].tolist()): translation.tolist()
            for row, translation in zip(found.source, found.target, strict=True)
        }

    def recall(self, source):
        rows = [self.known[tuple(row[row != PAD].tolist())] for row in source]
        return 20.0 * torch.nn.functional.one_hot(torch.tensor(rows), self.size)

    def __call__(self, inputs):
        if "memory" in inputs:
            target, memory = inputs["target"], inputs["memory"]
            place = inputs["past"][0].shape[1] if inputs["past"] else 0
            logits = memory.repeat_interleave(len(target) // len(memory), 0)[:, place : place + 1]
            return {"logits": logits, "past": [torch.cat([*inputs["past"], target], 1)]}
        logits = self.recall(inputs["source"])
        return logits[:, : inputs["target"].shape[1]] if "target" in inputs else logits


def uniform(task):
    def model(inputs):
        if "memory" in inputs:
            target = inputs["target"]
            return {"logits": torch.zeros(len(target), 1, task.n_outputs), "past": []}
        if "target" in inputs:
            return torch.zeros(*inputs["target"].shape, task.n_outputs)
        return inputs["source"]

    return model


def test_targets_are_one_ahead_of_what_goes_in(task):
    batch = task.batch("train", 5, torch.Generator().manual_seed(0))
    source, target = batch.inputs["source"], batch.inputs["target"]
    assert source.shape == target.shape == batch.targets.shape == (5, 8)
    assert (target[:, 0] == BEGIN).all()
    ended = batch.targets == END
    assert (ended.sum(1) == 1).all()
    for row in range(5):
        end = int(ended[row].nonzero())
        assert torch.equal(target[row, 1 : end + 1], batch.targets[row, :end])
        assert (batch.targets[row, end + 1 :] == PAD).all()


def test_loss_of_a_uniform_guess_is_the_log_of_the_vocabulary(task):
    batch = task.batch("train", 6, torch.Generator().manual_seed(0))
    loss = task.loss(uniform(task)(batch.inputs), batch.targets)
    torch.testing.assert_close(loss, torch.full((6,), math.log(task.n_outputs)))


def test_padding_bears_no_loss(task):
    batch = task.batch("train", 4, torch.Generator().manual_seed(0))
    outputs = torch.randn(4, 8, task.n_outputs)
    changed = torch.where((batch.targets == PAD)[..., None], torch.randn_like(outputs), outputs)
    assert torch.equal(task.loss(outputs, batch.targets), task.loss(changed, batch.targets))


def test_a_perfect_model_gets_perfect_scores(task):
    found = task.evaluate(Perfect(task), "test")
    assert found["bits per token"] < 1e-3
    assert found["next-token accuracy"] == 1.0
    assert found["chrF"] == pytest.approx(100)


def test_bleu_is_that_of_sacrebleu():
    from sacrebleu.metrics.bleu import BLEU

    sentences = [Pair(f"{a} b {c} d e", f"{c} d {a} e b") for a in "xyz" for c in "uvw"]
    task = made(sentences, 16)
    memory = Perfect(task)
    assert task.evaluate(memory, "test")["BLEU"] == pytest.approx(100)
    wrong = task.codec.encode("e")[0]
    for tokens in list(memory.known.values())[:4]:
        tokens[4] = wrong
    written = [task.codec.decode(t) for t in memory.known.values()]
    expected = BLEU().corpus_score(written, [[pair.target for pair in sentences]]).score
    assert 0 < expected < 100
    assert task.evaluate(memory, "test")["BLEU"] == pytest.approx(expected)


def test_only_the_test_part_is_translated(task):
    assert list(task.evaluate(uniform(task), "test"))[:3] == ["bits per token", "BLEU", "chrF"]
    for part in ("train", "search"):
        assert set(task.evaluate(uniform(task), part)) == {"bits per token", "next-token accuracy"}


def test_trimming_for_evaluation_changes_no_score(task):
    found = task.evaluate(uniform(task), "search")
    assert found["bits per token"] == pytest.approx(math.log2(task.n_outputs))
    assert JUDGED["search"] > len(task.sentences["search"].pairs)


def test_too_long_pairs_are_left_out_and_counted():
    pairs = [Pair("ab", "ba")] * 6 + [Pair("ab", "a" * 8), Pair("b" * 9, "a")]
    task = made(pairs)
    assert task.describe()["pairs left out as too long"] == {"train": 2, "search": 0, "test": 2}
    assert len(task.sentences["train"].pairs) == 6


def test_unknown_characters_become_one_token_and_are_counted():
    codec = Characters(["abab"])
    assert codec.encode("aéb☃") == [4, UNKNOWN, 5, UNKNOWN]
    assert codec.decode(codec.encode("aéb☃")) == "ab"
    assert codec.size == 6
    parts = {"train": [Pair("ab", "ba")], "search": [Pair("é", "a")], "test": [Pair("b", "☃é")]}
    task = Translation("made", parts, codec, facts={}, length=4)
    counted = task.describe()["tokens not in the vocabulary"]
    assert counted == {"train": 0, "search": 1, "test": 2}
    task.evaluate(uniform(task), "test")


def test_the_example_is_a_sentence_of_full_length(task):
    example = task.example(2)
    assert all(tokens.shape == (2, 8) for tokens in example.values())
    assert all((tokens != PAD).all() for tokens in example.values())

"""Beam search on models whose probabilities are known in full."""

import itertools

import pytest
import torch

from monas_translation.beam import beam_search
from monas_translation.codec import BEGIN, END, PAD, UNKNOWN

VOCABULARY = 7


class Table:
    """Next token by the last token and the source's first; keeps count of its calls."""

    def __init__(self, seed=0, sources=3):
        generator = torch.Generator().manual_seed(seed)
        self.logits = 2 * torch.randn(sources, VOCABULARY, VOCABULARY, generator=generator)
        self.calls = 0

    def __call__(self, inputs):
        self.calls += 1
        if "memory" not in inputs:
            return {"first": inputs["source"][:, 0]}
        first, target = inputs["memory"]["first"], inputs["target"]
        assert len(target) % len(first) == 0
        rows = first.repeat_interleave(len(target) // len(first))
        past = [torch.cat([*inputs["past"], target], 1)]
        return {"logits": self.logits[rows, target[:, 0]][:, None], "past": past}

    def score(self, source, tokens, power=0.6):
        """Log-probability of a translation over its length to a power."""
        logits = self.logits[source].clone()
        logits[:, [PAD, BEGIN, UNKNOWN]] = -torch.inf
        table = logits.log_softmax(-1)
        steps = itertools.pairwise([BEGIN, *tokens, END])
        return float(sum(table[a, b] for a, b in steps)) / (len(tokens) + 1) ** power


def sources(count):
    return torch.arange(count)[:, None]


def every(steps):
    """Every translation of fewer than ``steps`` tokens."""
    words = range(UNKNOWN + 1, VOCABULARY)
    for length in range(steps):
        yield from itertools.product(words, repeat=length)


def test_a_wide_beam_finds_the_best_of_all():
    table = Table()
    found = beam_search(table, sources(3), steps=4, beams=3**3)
    for source, tokens in enumerate(found):
        best = max(every(4), key=lambda t, s=source: table.score(s, t))
        assert tuple(tokens) == best


def test_more_beams_are_no_worse_on_average():
    scores = {}
    for beams in (1, 4):
        scores[beams] = 0.0
        for seed in range(20):
            table = Table(seed)
            found = beam_search(table, sources(3), steps=6, beams=beams)
            scores[beams] += sum(table.score(s, t) for s, t in enumerate(found))
    assert scores[4] > scores[1]


def test_one_beam_takes_the_most_probable_token_each_time():
    table = Table(seed=5)
    (found,) = beam_search(table, sources(1), steps=5, beams=1)
    token, expected = BEGIN, []
    for _ in range(5):
        logits = table.logits[0, token].clone()
        logits[[PAD, BEGIN, UNKNOWN]] = -torch.inf
        token = int(logits.argmax())
        if token == END:
            break
        expected.append(token)
    assert found == expected


def test_sentences_do_not_influence_each_other():
    table = Table(seed=2, sources=6)
    together = beam_search(table, sources(6), steps=6)
    alone = [beam_search(table, sources(6)[s : s + 1], steps=6)[0] for s in range(6)]
    assert together == alone


def test_a_larger_penalty_never_makes_translations_shorter():
    lengths = []
    for power in (0.0, 0.6, 2.0):
        found = [
            tokens
            for seed in range(10)
            for tokens in beam_search(Table(seed), sources(3), steps=6, length_penalty=power)
        ]
        lengths.append(sum(map(len, found)))
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


def test_what_never_ends_is_cut_and_takes_no_extra_call():
    table = Table()
    table.logits[:, :, END] = -torch.inf
    found = beam_search(table, sources(2), steps=5)
    assert [len(tokens) for tokens in found] == [5, 5]
    assert table.calls == 1 + 5


def test_settled_sentences_are_asked_about_no_more():
    table = Table(sources=2)
    table.logits[0, :, END] = 50.0  # the first sentence ends at once
    table.logits[1, :, END] = -torch.inf
    asked = []

    def model(inputs):
        if "memory" in inputs:
            asked.append(len(inputs["memory"]["first"]))
        return table(inputs)

    found = beam_search(model, sources(2), steps=8)
    assert found[0] == []
    assert asked[0] == 2
    assert asked[-1] == 1


def test_special_tokens_are_never_written():
    table = Table()
    table.logits[:, :, [PAD, BEGIN, UNKNOWN]] = 50.0
    for tokens in beam_search(table, sources(3), steps=5):
        assert all(token > UNKNOWN for token in tokens)


@pytest.mark.parametrize("beams", [1, 4])
def test_no_gradient_is_kept(beams):
    table = Table()
    table.logits.requires_grad_()
    beam_search(table, sources(2), steps=3, beams=beams)
    assert table.logits.grad is None

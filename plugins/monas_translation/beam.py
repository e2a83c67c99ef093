"""Beam search: a network writes translations by itself, many sentences at a time.

The most probable continuations of the K best beginnings are followed until K have
ended. Scores are divided by the length to a power, else short translations would win (Wu et al.,
arXiv 1609.08144, in the simpler form of fairseq, which HAT evaluates with:
K = 4, power 0.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils._pytree import tree_map

from monas_core.parts.task import Model
from monas_translation.codec import BEGIN, END, PAD, UNKNOWN

BEAMS = 4
LENGTH_PENALTY = 0.6


def beam_search(
    model: Model,
    source: Tensor,
    *,
    steps: int,
    beams: int = BEAMS,
    length_penalty: float = LENGTH_PENALTY,
) -> list[list[int]]:
    """Translations of some sentences.

    Args:
        model: As ``Translation`` describes it; called once per step, for all sentences.
        source: ``(B, S)`` int64.
        steps: Tokens of the longest translation, END included.
        beams: K, beginnings followed at a time.
        length_penalty: Power of the length by which log-probabilities are divided.

    Returns:
        Token ids of each sentence without BEGIN and END.
    """
    with torch.no_grad():
        return _Search(model, source, steps, beams, length_penalty).run()


class _Search:
    """State of a search over the sentences that are not settled yet.

    Shapes: B sentences still open, K beams, t tokens so far, V vocabulary.
    """

    def __init__(
        self, model: Model, source: Tensor, steps: int, beams: int, length_penalty: float
    ) -> None:
        self.model, self.steps, self.beams, self.power = model, steps, beams, length_penalty
        count = len(source)
        self.memory: Any = model({"source": source})
        self.past: Any = []
        self.open = torch.arange(count)  # (B,), place among all sentences
        self.tokens = torch.full((count, beams, 1), BEGIN)  # (B, K, 1 + t)
        # all beams begin alike: only the first may be continued
        self.scores = torch.full((count, beams), -torch.inf)
        self.scores[:, 0] = 0.0
        self.finished = torch.zeros(count, dtype=torch.int64)
        self.best: list[list[int]] = [[] for _ in range(count)]
        self.best_scores = torch.full((count,), -torch.inf)

    def run(self) -> list[list[int]]:
        """Search until every sentence is settled."""
        for length in range(1, self.steps + 1):
            self._extend(self._next(), length)
            if not self._close(length):
                break
        return self.best

    def _next(self) -> Tensor:
        """Log-probabilities of every beam's next token, ``(B, K, V)``."""
        inputs: Mapping[str, Any] = {
            "memory": self.memory,
            "target": self.tokens[:, :, -1].reshape(-1, 1),  # (B*K, 1)
            "past": self.past,
        }
        outputs = self.model(inputs)
        self.past = outputs["past"]
        logits = outputs["logits"][:, -1].float().cpu()  # (B*K, V)
        logits[:, [PAD, BEGIN, UNKNOWN]] = -torch.inf  # stand for no text
        return F.log_softmax(logits, -1).view(len(self.open), self.beams, -1)

    def _extend(self, ahead: Tensor, length: int) -> None:
        """Follow the K best continuations that go on; note those as good that end."""
        total = (self.scores[:, :, None] + ahead).flatten(1)  # (B, K*V)
        # no more than K continuations end, one per beam, so 2K leave K that go on
        scores, flat = total.topk(2 * self.beams)  # (B, 2K)
        beam, token = flat // ahead.shape[2], flat % ahead.shape[2]
        ends = (token == END) & scores.isfinite()
        ends[:, self.beams :] = False  # as good as the K best, or it is no contender
        self.finished += ends.sum(1)
        normed = torch.where(ends, scores / length**self.power, -torch.inf)
        best, place = normed.max(1)
        self._note(best, beam.gather(1, place[:, None]).flatten())
        onward = (token == END).int().argsort(dim=1, stable=True)[:, : self.beams]  # (B, K)
        self.scores, beam, token = (x.gather(1, onward) for x in (scores, beam, token))
        kept = self.tokens.gather(1, beam[:, :, None].expand_as(self.tokens))
        self.tokens = torch.cat([kept, token[:, :, None]], 2)
        rows = beam + self.beams * torch.arange(len(beam))[:, None]  # (B, K)
        self._select_past(rows.flatten())

    def _note(self, scores: Tensor, beams: Tensor) -> None:
        """Keep a translation of each open sentence where it beats the one before, ``(B,)``."""
        for row in (scores > self.best_scores[self.open]).nonzero().flatten().tolist():
            place = int(self.open[row])
            self.best_scores[place] = scores[row]
            self.best[place] = self.tokens[row, beams[row], 1:].tolist()

    def _close(self, length: int) -> bool:
        """Drop sentences with K translations; whether any is left."""
        if length == self.steps:  # what never ended is taken as it is
            without = self.best_scores[self.open].isinf()
            best, beams = self.scores.max(1)
            self._note(torch.where(without, best, -torch.inf), beams)
            return False
        left = (self.finished < self.beams).nonzero().flatten()
        if len(left) < len(self.open):
            self.open, self.tokens = self.open[left], self.tokens[left]
            self.scores, self.finished = self.scores[left], self.finished[left]
            self.memory = tree_map(lambda x: x.index_select(0, left.to(x.device)), self.memory)
            self._select_past((left[:, None] * self.beams + torch.arange(self.beams)).flatten())
        return len(left) > 0

    def _select_past(self, rows: Tensor) -> None:
        """The past of some beams, in their order."""
        self.past = tree_map(lambda x: x.index_select(0, rows.to(x.device)), self.past)

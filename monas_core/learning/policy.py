"""Distributions over architectures that can be drawn from, asked and trained by reward.

Choices are answered one after the other; one that an earlier answer switches off takes its
first option with probability 1, so the probabilities of all architectures sum to 1.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from monas_core.values.choices import ChoiceSet

_Answer = Callable[[int, Tensor], Tensor]
"""From a choice's place and log-probabilities ``(B, options)`` to an option each, ``(B,)``."""


@attrs.frozen(eq=False)
class Draw:
    """Architectures drawn from a policy.

    Attributes:
        rows: A population, ``(B, C)``.
        log_probability: Of each architecture, ``(B,)``, differentiable.
        entropy: Of each architecture's active answers, summed, ``(B,)``, nats, differentiable.
    """

    rows: Tensor
    log_probability: Tensor
    entropy: Tensor


class Policy(nn.Module):
    """A distribution for each context.

    Args:
        choices: Of the space.
    """

    def __init__(self, choices: ChoiceSet) -> None:
        super().__init__()
        self.choices = choices

    @abstractmethod
    def begin(self, context: Tensor) -> Any:
        """The state before the first answer, for contexts ``(B, ...)``."""

    @abstractmethod
    def logits(self, place: int, state: Any) -> Tensor:
        """Unnormalised log-probabilities of a choice's options, ``(B, options)``."""

    def advance(self, place: int, state: Any, answer: Tensor) -> Any:  # noqa: ARG002
        """The state after the answers ``(B,)`` to a choice; by default nothing changes."""
        return state

    def draw(self, context: Tensor, generator: torch.Generator) -> Draw:
        """One architecture per context."""

        def answer(_: int, log_p: Tensor) -> Tensor:
            return torch.multinomial(log_p.detach().exp(), 1, generator=generator)[:, 0]

        return self._walk(context, answer)

    def greedy(self, context: Tensor) -> Tensor:
        """The most probable answer to each choice in turn, ``(B, C)``."""
        with torch.no_grad():
            return self._walk(context, lambda _, log_p: log_p.argmax(-1)).rows

    def log_probability(self, context: Tensor, rows: Tensor) -> Tensor:
        """Of given architectures ``(B, C)``, ``(B,)``, differentiable."""
        return self._walk(context, lambda place, _: rows[:, place]).log_probability

    def _walk(self, context: Tensor, answer: _Answer) -> Draw:
        state = self.begin(context)
        count = len(context)
        total, entropy = torch.zeros(count), torch.zeros(count)
        columns: list[Tensor] = []
        active: list[Tensor] = []
        for place, link in enumerate(self.choices.parents):
            log_p = torch.log_softmax(self.logits(place, state), -1)
            on = torch.ones(count, dtype=torch.bool)
            if link is not None:
                on = active[link[0]] & torch.isin(columns[link[0]], torch.tensor(link[1]))
            chosen = torch.where(on, answer(place, log_p), 0)
            own = log_p.gather(1, chosen[:, None])[:, 0]
            total = total + torch.where(on, own, 0.0)
            spread = -(log_p.exp() * log_p).sum(-1)
            entropy = entropy + torch.where(on, spread, 0.0)
            columns.append(chosen)
            active.append(on)
            state = self.advance(place, state, chosen)
        return Draw(torch.stack(columns, 1), total, entropy)


class SequentialPolicy(Policy):
    """An LSTM that reads the context first, then each of its own answers.

    PFNAG's generator (arXiv 2103.00219, section 3.2).

    Args:
        choices: Of the space.
        context: Numbers in a context.
        hidden: Width of the LSTM.
    """

    def __init__(self, choices: ChoiceSet, context: int, hidden: int = 64) -> None:
        super().__init__(choices)
        self.start = nn.Linear(context, hidden)
        self.cell = nn.LSTMCell(hidden, hidden)
        self.heads = nn.ModuleList(nn.Linear(hidden, size) for size in choices.sizes)
        # nothing comes after the last answer that could depend on it
        self.answers = nn.ModuleList(nn.Embedding(size, hidden) for size in choices.sizes[:-1])

    def begin(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Contexts ``(B, context)``."""
        return self.cell(self.start(context))

    def logits(self, place: int, state: tuple[Tensor, Tensor]) -> Tensor:
        """From the LSTM's output."""
        return self.heads[place](state[0])

    def advance(
        self, place: int, state: tuple[Tensor, Tensor], answer: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Read the answer."""
        if place == len(self.answers):
            return state
        return self.cell(self.answers[place](answer), state)


class TablePolicy(Policy):
    """Independent answers: a table of logits for each of a fixed number of contexts.

    TuNAS' controller (arXiv 2008.06120, section 3).

    Args:
        choices: Of the space.
        contexts: How many; a context is a place ``(B,)`` int64 among them.
    """

    def __init__(self, choices: ChoiceSet, contexts: int) -> None:
        super().__init__(choices)
        self.table = nn.Parameter(torch.zeros(contexts, len(choices), choices.max_options))

    def begin(self, context: Tensor) -> Tensor:
        """Rows of the table."""
        return self.table[context]

    def logits(self, place: int, state: Tensor) -> Tensor:
        """The row as it is."""
        return state[:, place, : self.choices.sizes[place]]

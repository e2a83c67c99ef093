"""What happens where a training diverges: back to the last good state, with a lower rate.

Warm-up, search and the training of one subnet keep to it alike. Good states are taken after
fixed numbers of steps and belong to checkpoints, so a killed training that is resumed goes
back to the same place as one that was not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import attrs
import torch
from torch import nn

from monas_core.errors import Diverged
from monas_core.parts.soundness import unsound_weights
from monas_core.state import copied

MOST = 3
"""Times a training goes back without getting further; then it is given up."""
SLOWER = 0.1
"""Factor on the learning rates, each time."""
_STATES, _CLOSEST = 20, 8
"""Good states that a training of known length takes on its way, and fewest steps between two."""
_BLOWN_UP = 10.0
"""Losses so many times those of the last good state make no good state: it may be doomed."""


class Repeatable(Protocol):
    """A training that can be put back."""

    @property
    def done(self) -> int:
        """Steps taken."""
        ...

    @property
    def rate_factor(self) -> float:
        """Share of the usual learning rates in use."""
        ...

    def learner(self) -> nn.Module | None:
        """The network whose weights are learnt, where there is one."""
        ...

    def good_state(self) -> Mapping[str, Any]:
        """What going back needs beside the weights: nested plain values and tensors."""
        ...

    def go_back(self, state: Mapping[str, Any], rate_factor: float) -> None:
        """Take a state up again, with so large a share of the usual learning rates."""
        ...


@attrs.frozen
class Words:
    """How a training is spoken of.

    Attributes:
        name: ``The warm-up``.
        remedy: What a person does when it is given up, a clause.
    """

    name: str
    remedy: str


def every(steps: int) -> int:
    """Steps between good states, of a training of so many steps."""
    return max(_CLOSEST, steps // _STATES)


class Steadiness:
    """Watches a training and puts it back.

    Args:
        training: What is watched.
        spacing: Steps between good states.
        words: How it is spoken of.
        warn: Hears of every going back.
        saved: ``state_dict`` of an earlier part of the same training.
    """

    def __init__(
        self,
        training: Repeatable,
        spacing: int,
        words: Words,
        warn: Callable[[str], None],
        saved: Mapping[str, Any] | None = None,
    ) -> None:
        self._training, self._spacing, self._words, self._warn = training, spacing, words, warn
        self._setbacks, self._furthest, self._level = 0, 0, 0.0
        if saved is not None:
            self._weights, self._good = copied(saved["weights"]), copied(saved["good"])
            self._at = int(saved["at"])
            self._setbacks, self._furthest = int(saved["setbacks"]), int(saved["furthest"])
            self._level = float(saved["level"])
        else:
            self._check_start()
            self._keep()

    def attempt(
        self, step: Callable[[], Any], losses: Callable[[Any], Mapping[str, float]]
    ) -> Any | None:
        """Take a step; what it reports, or ``None`` where the training was put back instead.

        Raises:
            Diverged: It went back too often.
        """
        try:
            report = step()
        except Diverged as fault:
            self._check_cause(str(fault))
            self._go_back(str(fault))
            return None
        told = losses(report)
        bad = [name for name, loss in told.items() if not math.isfinite(loss)]
        if bad:
            self._go_back(f'"{bad[0]}" is {told[bad[0]]}')
            return None
        level = max(map(abs, told.values()), default=0.0)
        self._level = self._level or level
        due = self._training.done >= self._at + self._spacing
        if due and level <= _BLOWN_UP * self._level:
            if not self.confirmed():
                return None
            self._keep()
            self._level = level
        return report

    def confirmed(self) -> bool:
        """Whether all weights are finite; where they are not, the training is put back.

        Raises:
            Diverged: It went back too often.
        """
        bad = unsound_weights(self._training.learner())
        if bad:
            self._go_back(f"weights are not finite: {bad[0]}")
        return not bad

    def state_dict(self) -> dict[str, Any]:
        """The last good state, and how often it was needed."""
        return {
            "weights": self._weights,
            "good": self._good,
            "at": self._at,
            "setbacks": self._setbacks,
            "furthest": self._furthest,
            "level": self._level,
        }

    def _check_start(self) -> None:
        bad = unsound_weights(self._training.learner())
        if bad:
            raise Diverged(
                f"{self._words.name} cannot begin: weights are not finite ({bad[0]}); "
                f"{self._words.remedy}."
            )

    def _check_cause(self, reason: str) -> None:
        """Raise Diverged where going back would change nothing: no weight has moved since."""
        learner = self._training.learner()
        trained = dict(learner.named_parameters()) if learner is not None else {}
        if all(torch.equal(self._weights[name], w.cpu()) for name, w in trained.items()):
            raise Diverged(
                f"{self._words.name} cannot go on from step {self._training.done}: {reason}, "
                "and not for what was learnt since the last good state; look for values in "
                f"your data that are not finite, or {self._words.remedy}."
            )

    def _keep(self) -> None:
        learner = self._training.learner()
        self._weights: dict[str, Any] = copied(learner.state_dict()) if learner is not None else {}
        self._good, self._at = copied(self._training.good_state()), self._training.done
        if self._at > self._furthest:
            self._setbacks = 0  # what diverged before has been got over

    def _go_back(self, reason: str) -> None:
        done = self._training.done
        self._furthest = max(self._furthest, done)
        if self._setbacks == MOST:
            raise Diverged(
                f"{self._words.name} diverged at step {done + 1} ({reason}), and did so "
                f"{MOST} times before, each time from step {self._at} and with a lower learning "
                f"rate; {self._words.remedy}, or look for values in your data that are not finite "
                "if it is always the same step."
            )
        self._setbacks += 1
        factor = SLOWER * self._training.rate_factor
        learner = self._training.learner()
        if learner is not None:
            learner.load_state_dict(self._weights)
        self._training.go_back(copied(self._good), factor)
        self._warn(
            f"{self._words.name} diverged at step {done + 1} ({reason}): going on from step "
            f"{self._at} with {factor:g} of the learning rate."
        )

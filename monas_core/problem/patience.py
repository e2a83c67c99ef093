"""When a search that counts evaluations will never end, because none come any more."""

from __future__ import annotations

import time

import attrs

from monas_core.errors import PluginError
from monas_core.problem.problem import Problem

STEPS = 2000
SECONDS = 15.0
"""Both must pass without a new evaluation: learning between two queries is legitimate."""


@attrs.define
class Patience:
    """Watches the steps of a search whose budget is spent by evaluations alone.

    Attributes:
        who: The optimizer, for the message.
        problem: What it searches.
    """

    who: str
    problem: Problem
    _seen: int = attrs.field(default=-1, init=False)
    _idle: int = attrs.field(default=0, init=False)
    _since: float = attrs.field(default=0.0, init=False)

    def step_taken(self) -> None:
        """Call after each step that did not finish.

        Raises:
            PluginError: So many steps and seconds passed without a new evaluation.
        """
        meter = self.problem.meter
        if meter.budget.unit != "evaluations":
            return
        if meter.evaluations != self._seen:
            self._seen, self._idle, self._since = meter.evaluations, 0, time.monotonic()
            return
        self._idle += 1
        if self._idle >= STEPS and time.monotonic() - self._since >= SECONDS:
            raise PluginError(self._sentence())

    def _sentence(self) -> str:
        size, seen = self.problem.choices.cardinality(), self._seen
        whole = " (all the space has)" if seen >= size else ""
        return (
            f"{self.who} took {self._idle} steps without a new evaluation and does not say that "
            f"it has finished: the budget of {self.problem.meter.budget} would never be spent, "
            f"{seen} architectures are evaluated{whole}. It must report finished when nothing is "
            "left to do; until its author mends that, give a budget in steps or seconds."
        )

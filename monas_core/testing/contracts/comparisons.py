"""How honesty is told: the same in any company, estimates near the truth, a device that counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from scipy.stats import rankdata

from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value

SAME = 1e-5
"""Relative: what is computed twice, possibly in batches of another size."""
FAR = 3.0
"""Factor by which half of the estimates may miss at most."""
ORDER = 0.5
"""Least rank correlation of estimates with the values they stand in for."""

Ask = Callable[[Sequence[Architecture]], Sequence[Value]]


def numbers(values: Sequence[Value]) -> list[float]:
    """Plain numbers."""
    return [value.value for value in values]


def check_company(ask: Ask, asked: Sequence[Architecture], what: str) -> None:
    """A value is that of its architecture, whoever is asked for with it and in whatever order."""
    together = dict(zip(asked, numbers(ask(asked)), strict=True))
    parties = {
        "alone": [[a] for a in asked],
        "in another order": [list(asked[::-1])],
        "with half of the others": [list(asked[: len(asked) // 2]), list(asked[len(asked) // 2 :])],
        "twice in one call": [[a, asked[0], a] for a in asked[1:3]],
    }
    for company, calls in parties.items():
        for call in calls:
            for architecture, number in zip(call, numbers(ask(call)), strict=True):
                known = together[architecture]
                assert number == pytest.approx(known, rel=SAME), (
                    f"{what} of {architecture.key} is {known:.6g} among {len(asked)}, but "
                    f"{number:.6g} "
                    f"asked for {company}: a value must not depend on what else is asked for"
                )


def check_estimates(exact: Sequence[float], rough: Sequence[float], what: str) -> None:
    """Estimates stand in for the values a search pays for: near, and in their order."""
    true, guess = np.array(exact), np.array(rough)
    if np.ptp(true) <= SAME * np.abs(true).max():
        return
    spread = np.ptp(true)
    misses = np.abs(guess - true)
    near = (misses <= 0.5 * spread) | (_ratio(true, guess) <= FAR)
    order = np.corrcoef(rankdata(true), rankdata(guess))[0, 1] if np.ptp(guess) > 0 else 0.0
    assert order >= ORDER, (
        f"estimate() orders architectures otherwise than {what} (rank correlation {order:.2f}): a "
        "search would be led by something else than what it is judged by"
    )
    assert near.mean() >= 0.5, (
        f"estimate() misses {what} by more than a factor of {FAR:g} for most architectures "
        f"(for example {guess[0]:.4g} for {true[0]:.4g})"
    )


def _ratio(true: Any, guess: Any) -> Any:
    with np.errstate(all="ignore"):
        quotient = np.where((true > 0) & (guess > 0), guess / true, np.inf)
    return np.maximum(quotient, 1 / np.maximum(quotient, 1e-300))


class Spy(Device):
    """A device that measures, by its profile, and counts what it is asked for.

    Costs are twice the estimates, so that one can be told from the other.
    """

    def __init__(self, told: Device) -> None:
        self.told = told
        profile = told.profile
        self.profile = DeviceProfile(
            f"{profile.name}-spy", profile.processor, profile.runtime, profile.precision,
            profile.batch, "measured", profile.kind, profile.figures,
        )  # fmt: skip
        self.metrics = told.metrics
        self.costs = self.estimates = 0

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """Twice the other's cost, called measured."""
        self.costs += 1
        found = self.told.cost(metric, architectures, context)
        return [Value(2 * v.value, v.unit, "measured") for v in found]

    def estimate(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """The other's cost, called predicted."""
        self.estimates += 1
        found = self.told.cost(metric, architectures, context)
        return [Value(v.value, v.unit, "predicted") for v in found]


def watched(task: Task) -> tuple[Task, list[str]]:
    """The same task, and the parts of its data that are looked at from now on."""
    seen: list[str] = []
    kind: Any = type(task)

    def evaluate(self: Any, model: Any, part: Any) -> Mapping[str, float]:
        seen.append(part)
        return kind.evaluate(self, model, part)

    def batch(self: Any, part: Any, size: int, generator: Any) -> Any:
        seen.append(part)
        return kind.batch(self, part, size, generator)

    twin: Any = object.__new__(kind)
    twin.__dict__.update(vars(task))
    body = {"evaluate": evaluate, "batch": batch, "__module__": kind.__module__}
    twin.__class__ = type(kind)(kind.__name__, (kind,), body)
    return twin, seen

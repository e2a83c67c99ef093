"""The last phase on a device that measures: its front holds no lucky measurements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import pytest

from monas_core.running.finish import device_front
from monas_core.running.plan import Plan
from monas_core.running.session import Session
from monas_core.testing.fakes import ToyDevice
from monas_core.values.architecture import Architecture
from monas_core.values.front import Scale
from monas_core.values.value import Value


class Lucky(ToyDevice):
    """Measures every third architecture ten times too fast, the first time."""

    def __init__(self) -> None:
        super().__init__("lucky")
        self.profile = attrs.evolve(self.profile, origin="measured")
        self.again: set[Architecture] = set()

    def forget(self, architectures: Sequence[Architecture]) -> None:
        self.again.update(architectures)

    def cost(self, metric: str, architectures: Sequence[Architecture], context: Any) -> list[Value]:
        exact = super().cost(metric, architectures, context)
        luck = [0.1 if i % 3 == 0 else 1.0 for i in range(len(architectures))]
        return [
            Value(v.value * (1.0 if a in self.again else f), v.unit, "measured")
            for a, v, f in zip(architectures, exact, luck, strict=True)
        ]


def front(session: Session, device: ToyDevice, members: list[Architecture]) -> dict[str, float]:
    """Latency by key of the members of its front."""
    document = device_front(session, device, members, Scale([0.0, 0.0], [10.0, 10.0]))
    short = session.plan.objectives[1].short
    return {m.key: m.values[short] for m in document.members}


def test_members_of_a_measured_front_are_measured_again(
    plan: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = "monas_core.running.finish.predicted"
    monkeypatch.setattr(target, lambda _s, _d, found: [{} for _ in found])
    session = Session(plan())
    members = list(session.plan.space.choices.enumerate())[:30]
    lucky = Lucky()
    found = front(session, lucky, members)
    honest = front(Session(plan()), ToyDevice("lucky"), members)
    assert found == pytest.approx(honest)
    assert lucky.again  # it was lucky enough to matter
    assert len(lucky.again) >= len(found)

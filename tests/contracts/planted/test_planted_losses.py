"""Faults planted one at a time in an otherwise honest loss; each is caught, with its message."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.parts.loss import Loss
from monas_core.testing import contracts
from monas_core.testing.contracts.loss import Given, _given
from monas_core.testing.stages import Stages


class Tempered(Loss):
    """Cross-entropy at a temperature that the run searches."""

    name: ClassVar[str] = "tempered"

    def __init__(self, task: Any) -> None:
        super().__init__(task)
        self.heat = torch.ones((), requires_grad=True)

    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        return F.cross_entropy(outputs * self.heat, targets, reduction="none")

    def searched(self) -> tuple[Tensor, ...]:
        return (self.heat,)

    def told(self) -> Mapping[str, float]:
        return {"heat": float(self.heat.detach())}


class Averages(Tempered):
    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        return super().per_sample(outputs, targets).mean()


class NotFinite(Tempered):
    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        return super().per_sample(outputs, targets) / 0.0


class Detached(Tempered):
    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        with torch.no_grad():
            return super().per_sample(outputs, targets)


class ByCompany(Tempered):
    """Scaled by the largest of the batch."""

    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        found = super().per_sample(outputs, targets)
        return found / found.detach().max()


class Targetless(Tempered):
    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        return (self.heat * outputs).square().mean(-1)


class Noisy(Tempered):
    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        found = super().per_sample(outputs, targets)
        return found + torch.rand_like(found)


class InPlace(Tempered):
    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        with torch.no_grad():
            outputs.clamp_(-0.01, 0.01)
        return super().per_sample(outputs, targets)


class Naive(Tempered):
    """The logarithm of a softmax that has become 0."""

    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        shares = (outputs * self.heat).exp() / (outputs * self.heat).exp().sum(-1, keepdim=True)
        return -shares.gather(-1, targets[:, None])[:, 0].log()


class Turned(Tempered):
    """A gradient the wrong way."""

    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        found = super().per_sample(outputs, targets)
        return 2 * found.detach() - found


class Unread(Tempered):
    """Searches what it does not read."""

    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        return F.cross_entropy(outputs, targets, reduction="none")


class NoLeaf(Tempered):
    def searched(self) -> tuple[Tensor, ...]:
        return (self.heat * 1.0,)


class Stateless(Tempered):
    def state_dict(self) -> dict[str, Any]:
        return {"searched": [torch.ones(())]}


class TellsTensors(Tempered):
    def told(self) -> Any:
        return {"heat": self.heat}


FAULTS: list[tuple[type[Loss], str, str]] = [
    (
        Averages,
        "test_one_value_per_sample_with_a_gradient",
        r"per_sample\(\) of 4 samples has the shape \(\), not",
    ),
    (NotFinite, "test_one_value_per_sample_with_a_gradient", "gives nan or inf"),
    (Detached, "test_one_value_per_sample_with_a_gradient", "has no gradient: it trains nothing"),
    (ByCompany, "test_a_sample_ignores_the_others", "depends on the batch around it"),
    (Targetless, "test_targets_matter", "ignores the targets"),
    (Noisy, "test_the_same_again", "have two losses"),
    (InPlace, "test_the_same_again", "changes what it is shown"),
    (Naive, "test_confident_outputs_are_no_fault", "large outputs give nan or inf"),
    (Turned, "test_a_step_down_it_lowers_it", "the gradient is none of its own"),
    (Unread, "test_what_it_searches_is_its_state", "searches what it does not read"),
    (NoLeaf, "test_what_it_searches_is_its_state", "leaves that want gradients"),
    (Stateless, "test_what_it_searches_is_its_state", "is not in its state"),
    (TellsTensors, "test_what_it_searches_is_its_state", "told\\(\\) must give plain numbers"),
]


def given() -> Given:
    return _given(next(Stages(Catalog(Discovery((), ()))).all()))


@pytest.mark.parametrize(
    ("broken", "test", "told"), FAULTS, ids=[f"{b.__name__}-{t}" for b, t, _ in FAULTS]
)
def test_faults_of_losses(broken: type[Loss], test: str, told: str) -> None:
    run = getattr(contracts.LossContract(), test)

    def check(kind: type[Loss]) -> None:
        shown = given()
        known = {
            "loss": kind(shown.task), "given": shown, "variant": {},
            "subject": lambda options=None, *, task: kind(task),
        }  # fmt: skip
        run(**{name: known[name] for name in inspect.signature(run).parameters})

    check(Tempered)
    with pytest.raises(AssertionError, match=told):
        check(broken)

"""Faults planted one at a time in otherwise honest tasks; each is caught, with its message."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from monas_core.testing import contracts
from monas_core.testing.fake_space import ToyNetwork
from monas_core.testing.fakes import (
    ToyTask,
)


class LeavesTraining(ToyTask):
    def evaluate(self, model: Any, part: Any) -> Any:
        found = super().evaluate(model, part)
        model.train(not model.training)
        return found


class GradientsOn(ToyTask):
    def evaluate(self, model: Any, part: Any) -> Any:
        outputs = model(self._data[part].inputs)
        return {
            "cross-entropy": float(self.loss(outputs, self._data[part].targets).mean().detach())
        }


class GradientsOff(ToyTask):
    def evaluate(self, model: Any, part: Any) -> Any:
        torch.set_grad_enabled(False)
        return super().evaluate(model, part)


class TrainsOn(ToyTask):
    def evaluate(self, model: Any, part: Any) -> Any:
        found = super().evaluate(model, part)
        if isinstance(model, nn.Module):
            with torch.no_grad():
                next(model.parameters()).add_(0.1)
        return found


class IgnoresModel(ToyTask):
    def evaluate(self, model: Any, part: Any) -> Any:
        with torch.no_grad():
            model(self._data[part].inputs)
        return {"cross-entropy": 1.5}


class TurnedLoss(ToyTask):
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        found = super().loss(outputs, targets)
        return 2 * found.detach() - found


class TargetlessLoss(ToyTask):
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return outputs.square().sum(-1)


TASKS: list[tuple[type[ToyTask], str, str]] = [
    (LeavesTraining, "test_evaluation_leaves_the_model_as_it_was", "switches the training mode"),
    (GradientsOff, "test_evaluation_leaves_the_model_as_it_was", "switched off for everyone"),
    (TrainsOn, "test_evaluation_leaves_the_model_as_it_was", "changes the weights"),
    (GradientsOn, "test_evaluation_needs_no_gradients", "with gradients on"),
    (IgnoresModel, "test_evaluation_is_of_the_model", "ignores the model"),
    (TurnedLoss, "test_losses_have_their_own_slope", "where its gradient says"),
    (TargetlessLoss, "test_losses_depend_on_targets", "ignores the targets"),
]


@pytest.mark.parametrize(("broken", "test", "told"), TASKS)
def test_faults_of_tasks(broken: type[ToyTask], test: str, told: str) -> None:
    contract = contracts.TaskConductContract()

    def network() -> nn.Module:
        torch.manual_seed(0)
        return ToyNetwork([8], "relu", 4).eval()

    getattr(contract, test)(ToyTask(), network())
    try:
        with pytest.raises(AssertionError, match=told):
            getattr(contract, test)(broken(), network())
    finally:
        torch.set_grad_enabled(True)

"""Outputs and weights that hold a number that is none: not judged, not loaded, not exported."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from monas_core.errors import Diverged, UsageError
from monas_core.parts.scoring import judged
from monas_core.parts.soundness import check_outputs, unsound_weights
from monas_core.running.session import Session
from monas_core.testing.fakes import ToyTask
from monas_core.train.folder import TrainedFolder
from monas_core.train.loop import train
from monas_core.train.settings import TrainSettings
from monas_core.train.weights import subnet
from monas_core.values.architecture import Architecture

Make = Callable[..., Session]


@pytest.mark.parametrize(
    ("outputs", "good"),
    [
        (torch.tensor([[1.0, 2.0]]), True),
        (torch.tensor([[1.0, -math.inf]]), True),
        (torch.tensor([[1.0, math.nan]]), False),
        (torch.tensor([[1.0, math.inf]]), False),
        (torch.tensor([[-math.inf, -math.inf]]), False),
        (torch.tensor(math.nan), False),
        ({"a": torch.zeros(2), "b": [torch.full((2, 3), math.nan)]}, False),
        (torch.zeros(0, 3), True),
        (torch.tensor([[1, 2]]), True),
    ],
)
def test_outputs_are_looked_at(outputs: Any, good: bool) -> None:
    if good:
        check_outputs(outputs, "It")
        return
    with pytest.raises(Diverged, match="It answers with numbers that are not finite"):
        check_outputs(outputs, "It")


def test_an_accuracy_of_nothing_is_no_accuracy() -> None:
    """argmax of NaN is the first class: without a look at the outputs it has some accuracy."""

    class Hits(ToyTask):
        def evaluate(self, model: Any, part: Any) -> dict[str, float]:
            data = self._data[part]
            hits = (model(data.inputs).argmax(-1) == data.targets).double().mean()
            return {"cross-entropy": float(hits)}

    def broken(inputs: Any) -> Any:
        return torch.full((len(inputs), 4), math.nan)

    assert Hits().evaluate(broken, "test")["cross-entropy"] > 0
    with pytest.raises(Diverged):
        judged(Hits(), broken, "test", "It")
    nothing = Hits()
    nothing.evaluate = lambda *_: {"cross-entropy": math.nan}  # pyright: ignore
    with pytest.raises(Diverged, match="no cross-entropy on part test: it is nan"):
        judged(nothing, broken, "test", "It")


def test_masks_may_be_infinite_and_weights_may_not() -> None:
    class Masked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2))
            self.register_buffer("mask", torch.tensor([0.0, -math.inf]))
            self.register_buffer("count", torch.tensor(3))

    network = Masked()
    assert not unsound_weights(network)
    network.mask[0] = math.nan  # pyright: ignore[reportIndexIssue]
    assert unsound_weights(network) == ["mask"]
    with torch.no_grad():
        network.weight[0] = math.inf
    assert unsound_weights(network) == ["weight", "mask"]


@pytest.mark.parametrize("weights", ["auto", "trained"])
def test_weights_that_are_no_numbers_are_neither_loaded_nor_exported(
    session: Make, architecture: Architecture, tmp_path: Path, weights: str
) -> None:
    made = session()
    one = TrainSettings.recommended(made.plan.warm_up, budget="1steps")
    train(made.context, tmp_path, architecture, one)
    folder = TrainedFolder.of(tmp_path, architecture)
    network = made.context.network(architecture)
    with torch.no_grad():
        next(iter(network.parameters())).fill_(math.nan)
    folder.keep(network)
    with pytest.raises(UsageError, match=r"trained weights that are not finite .* --anew"):
        subnet(made.context, tmp_path, architecture, weights)
    assert subnet(made.context, tmp_path, architecture, "inherited")[1] == "inherited"
    with torch.no_grad():
        next(iter(made.context.require_supernet().parameters())).fill_(math.nan)
    with pytest.raises(UsageError, match="inherited weights that are not finite"):
        subnet(made.context, tmp_path, architecture, "inherited")
    with pytest.raises(Diverged, match="not finite"):
        train(made.context, tmp_path / "b", architecture, one)

"""A traced program written as plain Python gives the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from monas_core.errors import MonasError
from monas_core.export.program import trace
from monas_core.export.subject import TRACED_BATCH, Subject
from monas_core.testing.fakes import ToySpace
from monas_core.values import population
from monas_formats.source import forward_source
from monas_formats.standalone import Standalone

write = Standalone().write


def subject(network: nn.Module, inputs: Any, *probes: Any) -> Subject:
    space = ToySpace()
    architecture = population.decode(space.choices, population.corners(space.choices))[0]
    return Subject(
        network=network.eval(),
        architecture=architecture,
        inputs=inputs,
        single=inputs,
        probes=[inputs, *probes],
        space=space,
        capabilities=frozenset(),
        facts={"architecture": architecture.to_json(), "key": architecture.key},
    )


def images(batch: int = TRACED_BATCH) -> Tensor:
    return torch.randn(batch, 3, 12, 12)


class Residual(nn.Module):
    """What changes in place is read again afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1, groups=3)
        self.norm = nn.BatchNorm2d(3)
        self.act = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(0.5, inplace=True)
        self.register_buffer("shift", torch.tensor([0.3]))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x))
        self.act(y)  # the answer is not used, the change is
        y = self.drop(y) + x
        z = F.hardswish(y, inplace=True)
        z += y
        z = F.interpolate(z, scale_factor=2.0, mode="bilinear")
        return F.adaptive_avg_pool2d(F.max_pool2d(z, 2), 1).flatten(1) + self.shift


class Tree(nn.Module):
    """Structured inputs and outputs, masks, slices, constants."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(11, 6, padding_idx=0)

    def forward(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        words, (scale, _) = inputs["words"], inputs["pair"]
        x = self.table(words)[:, 1:-1:2] * scale[:, None, None]
        far = torch.arange(x.shape[1], device=x.device) > 1
        x = x.masked_fill(far[None, :, None], float("-inf")).softmax(1)
        return {"mean": x.mean(-1), "all": [x, (x.amax(1), torch.tensor([1.0, 2.0]))]}


def words(batch: int, length: int) -> dict[str, Any]:
    pair = (torch.rand(batch), torch.rand(batch))
    return {"words": torch.randint(11, (batch, length)), "pair": pair}


def test_changes_in_place_and_layers_of_vision(tmp_path: Path) -> None:
    network = Residual()
    network.train()
    network(images(8))  # running statistics that are not the first ones
    report = write(subject(network, images(), images(1), images(5)), tmp_path / "model")
    assert report["check"]["max_difference"] <= 1e-6
    assert report["dynamic"] == {"batch": [1, None]}


def test_trees_of_inputs_and_outputs(tmp_path: Path) -> None:
    given = subject(Tree(), words(2, 9), words(1, 5), words(3, 9))
    report = write(given, tmp_path / "model")
    assert report["check"]["max_difference"] <= 1e-6
    assert [item["name"] for item in report["inputs"]] == ["words", "pair_0", "pair_1"]
    text = (tmp_path / "model" / "model.py").read_text()
    assert "inputs['words']" in text
    assert "cpu" not in text, "it runs where its weights are"


class Branch(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x - 1, (x,))


class Counter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x + self.calls


class OneSize(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.shape[0] != TRACED_BATCH:
            raise ValueError
        return x + 1


class Pairs(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(-1, 2, x.shape[1]).flatten(0, 1)


@pytest.mark.parametrize("network", [Branch(), Counter()])
def test_what_plain_lines_cannot_say_is_refused(network: nn.Module) -> None:
    program = trace(subject(network, torch.randn(2, 4)))
    with pytest.raises(MonasError, match='export it as "pt2" or "onnx"'):
        forward_source(program.exported, program.axes)


def test_a_network_for_some_batch_sizes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MonasError, match="works with batches of 2 only"):
        trace(subject(OneSize(), torch.randn(2, 4)))
    with pytest.raises(MonasError, match=r"cannot take inputs of shape \(3, 4\): RuntimeError"):
        write(subject(Pairs(), torch.randn(2, 4), torch.randn(3, 4)), tmp_path / "model")


class Opaque(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * float(x.sum().item() > 0) if x.sum().item() > 0.5 else x


def test_a_network_that_cannot_be_traced_is_told_in_one_sentence() -> None:
    with pytest.raises(MonasError, match=r"cannot be traced by torch\.export: ") as told:
        trace(subject(Opaque(), torch.randn(2, 4)))
    assert "\n" not in str(told.value)

"""Inside the simplex: mixtures of options are finite, and their gradients are derivatives."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from monas_core.catalog.specs import Entry
from monas_core.parts.space import SearchSpace
from monas_core.testing.contracts import networks as nets
from monas_core.testing.contracts.base import Contract, loaded
from monas_core.testing.contracts.supernet_state import record_dropout
from monas_core.testing.stages import Stage, Stages
from monas_core.values.relaxation import Relaxation, option_mask

STEP = 1e-4
"""Of central differences in float64, in weight moved between two options."""
TOLERANCE = 0.02
"""Of a directional derivative, relative to the length of the gradient."""
COARSE_STEP, COARSE_TOLERANCE = 1e-2, 0.1
"""The same in float32, which rounds."""
SHARPNESS = {"nearly even": 0.1, "in between": 1.0, "peaked": 20.0, "all but one-hot": 200.0}
"""Standard deviation of logits, by what their softmax looks like."""


class MixtureContract(Contract):
    """A supernet that runs relaxations; override ``subject`` to return your class."""

    kind: ClassVar[str | None] = "space"
    heading: ClassVar[str] = "Spaces and supernets"
    provides: ClassVar[frozenset[str]] = frozenset({"relaxed"})
    reads: ClassVar[str] = (
        "monas_core.parts.supernet.Supernet.forward, monas_core.values.relaxation"
    )

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> type[SearchSpace]:
        """The class under test."""
        return loaded(entry)

    @pytest.fixture
    def stage(self, subject: type[SearchSpace], stages: Stages) -> Stage:
        """``tiny()`` with a supernet that takes mixtures."""
        found = nets.prepared(subject.tiny(), stages)
        if not nets.takes_mixtures(found):
            pytest.fail(
                'the Spec provides "relaxed", but the supernet refuses mixtures; let forward() '
                "take a Relaxation, or take the word out of provides"
            )
        return found

    @pytest.mark.parametrize("shape", SHARPNESS)
    @pytest.mark.parametrize("mode", ["eval", "train"])
    def test_mixtures_are_finite(self, stage: Stage, shape: str, mode: str) -> None:
        supernet = nets.supernet_of(stage).train(mode == "train")
        weights = _weights(stage, 2, SHARPNESS[shape]).requires_grad_()
        outputs = supernet(
            nets.inputs_of(stage, 8), Relaxation(stage.context.space.choices, weights)
        )
        assert all(torch.isfinite(leaf).all() for leaf in tree_leaves(outputs)), (
            f"weights that are {shape}, in {mode} mode, give outputs that are not finite; one-hot "
            "rows alone are no test of a mixture"
        )
        (gradient,) = torch.autograd.grad(_total(outputs), weights)
        assert torch.isfinite(gradient).all(), (
            f"weights that are {shape}, in {mode} mode, get a gradient that is not finite"
        )

    def test_mixtures_in_a_batch_are_independent(self, stage: Stage) -> None:
        supernet, choices = nets.supernet_of(stage), stage.context.space.choices
        weights, inputs = _weights(stage, 3, 1.0), nets.inputs_of(stage, 6)
        with torch.no_grad():
            together = supernet(inputs, Relaxation(choices, weights))
            for group in range(3):
                part = slice(2 * group, 2 * group + 2)
                relaxation = Relaxation(choices, weights[group : group + 1])
                alone = supernet(nets.rows(inputs, part), relaxation)
                gap = nets.gap(nets.rows(together, part), alone)
                assert gap <= nets.TOLERANCE, (
                    f"mixture {group} of a batch answers otherwise than alone (by {gap:.1e})"
                )

    def test_gradients_are_derivatives(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        record_dropout(monkeypatch)
        slopes = _Slopes(stage, training=True)
        for direction in _directions(stage, slopes.weights):
            measured, claimed = slopes.along(direction)
            error = abs(measured - claimed) / max(float(slopes.gradient.norm()), 1e-9)
            assert error <= slopes.tolerance, _wrong(measured, claimed, "training")

    def test_gradients_lead_upwards_in_eval_mode(self, stage: Stage) -> None:
        # calibrated statistics are constants to the gradient, so only its direction can be held to
        slopes = _Slopes(stage, training=False)
        steepest = _centred(stage, slopes.gradient)
        assert float(steepest.norm()) > 0, "the gradient with respect to all options is zero"
        measured, claimed = slopes.along(steepest / steepest.norm())
        assert 0.3 * claimed <= measured <= 3 * claimed, _wrong(measured, claimed, "eval")


class _Slopes:
    """A supernet at a mixture: the gradient it claims, and measured differences.

    In float64; in float32 with a coarser step where the supernet mixes in numbers of float32.

    Attributes:
        weights: The mixture, ``(2, C, K)``.
        gradient: Of a fixed projection of the outputs, with respect to the weights.
        tolerance: Of a directional derivative, relative to the length of the gradient.
    """

    def __init__(self, stage: Stage, *, training: bool) -> None:
        self._stage, self._training = stage, training
        self._choices = stage.context.space.choices
        try:
            self._begin(torch.float64)
        except RuntimeError:
            self._begin(torch.float32)

    def _begin(self, dtype: torch.dtype) -> None:
        self._dtype = dtype
        exact = dtype == torch.float64
        self._step, self.tolerance = (STEP, TOLERANCE) if exact else (COARSE_STEP, COARSE_TOLERANCE)
        self._supernet = copy.deepcopy(nets.supernet_of(self._stage)).to(dtype)
        self._supernet.train(self._training)
        self._inputs = tree_map(
            lambda x: x.to(dtype) if x.is_floating_point() else x, nets.inputs_of(self._stage, 8)
        )
        self.weights = _weights(self._stage, 2, 0.5).to(dtype)
        leaf = self.weights.clone().requires_grad_()
        (self.gradient,) = torch.autograd.grad(self._value(leaf), leaf)

    def _value(self, weights: Tensor) -> Tensor:
        before = torch.get_default_dtype()
        torch.set_default_dtype(self._dtype)
        try:
            return _total(self._supernet(self._inputs, Relaxation(self._choices, weights)))
        finally:
            torch.set_default_dtype(before)

    def along(self, direction: Tensor) -> tuple[float, float]:
        """Slope along a direction, by central differences and as the gradient claims it."""
        with torch.no_grad():
            ahead, behind = (
                float(self._value(self.weights + s * self._step * direction)) for s in (1, -1)
            )
        return (ahead - behind) / (2 * self._step), float((self.gradient * direction).sum())


def _wrong(measured: float, claimed: float, mode: str) -> str:
    return (
        f"in {mode} mode, moving weight between options changes the outputs by {measured:.4g} per "
        f"unit, but the gradient says {claimed:.4g}: a search would follow it the wrong way"
    )


def _weights(stage: Stage, count: int, spread: float) -> Tensor:
    choices = stage.context.space.choices
    shape = (count, len(choices), choices.max_options)
    logits = spread * torch.randn(shape, generator=torch.Generator().manual_seed(4))
    return Relaxation.from_logits(choices, logits).weights


def _total(outputs: Any) -> Tensor:
    """A fixed random projection of all outputs."""
    generator = torch.Generator().manual_seed(3)
    parts = [
        (leaf * torch.randn(leaf.shape, generator=generator, dtype=leaf.dtype)).sum()
        for leaf in tree_leaves(outputs)
    ]
    return torch.stack(parts).sum()


def _directions(stage: Stage, weights: Tensor) -> list[Tensor]:
    """Random directions that keep every row's sum, as long as one unit of weight."""
    generator = torch.Generator().manual_seed(6)
    found: list[Tensor] = []
    for _ in range(4):
        drawn = torch.randn(weights.shape, generator=generator, dtype=weights.dtype)
        centred = _centred(stage, drawn)
        found.append(centred / centred.norm())
    return found


def _centred(stage: Stage, rows: Tensor) -> Tensor:
    """The part of a direction that keeps the sum over the options of every choice."""
    mask = option_mask(stage.context.space.choices)
    return (rows * mask - (rows * mask).sum(-1, keepdim=True) / mask.sum(-1)[:, None]) * mask

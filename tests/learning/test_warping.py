"""The transform that makes skewed qualities normal."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import PowerTransformer

from monas_core.learning.warping import Warp


def skewed(seed: int, n: int = 200) -> torch.Tensor:
    return torch.randn(n, 1, generator=torch.Generator().manual_seed(seed)).mul(0.8).exp() - 3.0


@given(st.integers(0, 1000))
@settings(max_examples=20)
def test_inverse_undoes_the_transform(seed: int) -> None:
    targets = skewed(seed)
    warp = Warp(1)
    warp.fit(targets)
    back = warp.inverse(warp(targets))
    torch.testing.assert_close(back, targets, atol=1e-3, rtol=1e-3)


def test_it_is_the_power_transform_of_standardised_targets() -> None:
    targets = skewed(0).double()
    warp = Warp(1)
    warp.fit(targets)
    standard = (targets - targets.mean()) / targets.std(correction=0)
    expected = torch.from_numpy(PowerTransformer().fit_transform(standard.numpy()))
    torch.testing.assert_close(warp(targets), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("targets", [torch.full((5, 1), 3.0), torch.tensor([[1.0], [2.0]])])
def test_targets_without_a_shape_stay_finite(targets: torch.Tensor) -> None:
    warp = Warp(1)
    warp.fit(targets)
    assert torch.isfinite(warp(targets)).all()
    torch.testing.assert_close(warp.inverse(warp(targets)), targets)


def test_wild_predictions_are_held_near_the_known_range() -> None:
    targets = skewed(1)
    warp = Warp(1)
    warp.fit(targets)
    wild = warp.inverse(torch.tensor([[-1e6], [1e6]]))
    span = targets.max() - targets.min()
    assert wild[0] >= targets.min() - 1.01 * span
    assert wild[1] <= targets.max() + 1.01 * span


def test_predictions_can_be_differentiated() -> None:
    targets = skewed(2)
    warp = Warp(1)
    warp.fit(targets)
    inputs = torch.linspace(-2.0, 2.0, 9, dtype=torch.float64)[:, None].requires_grad_()
    assert torch.autograd.gradcheck(lambda x: warp.inverse(x).double(), inputs, eps=1e-3, atol=2e-2)

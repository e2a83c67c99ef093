"""The min-norm combination, degenerate cases included."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monas_modnas.combine import combine, min_norm_weights, turns

finite = st.floats(-10, 10, width=32)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=finite))
def test_weights_are_on_the_simplex_and_optimal(table: np.ndarray) -> None:
    gradients = torch.from_numpy(table).double()
    weights = min_norm_weights(gradients)
    assert weights.min() >= 0
    assert abs(float(weights.sum()) - 1) < 1e-6
    point = weights @ gradients
    # optimality on the simplex: moving towards any vertex does not shorten the point
    scale = max(1.0, float((gradients @ gradients.T).abs().max()))
    assert float((gradients @ point).min()) >= float(point @ point) - 1e-5 * scale


def test_one_gradient_is_returned_as_it_is() -> None:
    torch.testing.assert_close(combine(torch.tensor([[3.0, 4.0]]), "mgd"), torch.tensor([0.6, 0.8]))


def test_opposed_gradients_of_equal_length_cancel() -> None:
    step = combine(torch.tensor([[1.0, 0.0], [-2.0, 0.0]]), "mgd")
    assert step.norm() < 1e-6


def test_identical_and_zero_gradients_are_ordinary_cases() -> None:
    same = torch.tensor([[1.0, 2.0]]).repeat(5, 1)
    torch.testing.assert_close(combine(same, "mgd"), same[0] / same[0].norm())
    assert combine(torch.zeros(3, 2), "mgd").abs().max() == 0
    one_silent = torch.tensor([[0.0, 0.0], [0.0, 5.0]])
    torch.testing.assert_close(combine(one_silent, "mgd"), torch.tensor([0.0, 1.0]))


@pytest.mark.parametrize("count", [2, 6, 19])
def test_the_step_descends_for_every_device(count: int) -> None:
    generator = torch.Generator().manual_seed(count)
    gradients = torch.randn(count, 50, generator=generator) + 0.3
    step = combine(gradients, "mgd")
    assert ((gradients @ step) > -1e-5).all()


def test_mean_weighs_every_device_the_same_whatever_its_scale() -> None:
    step = combine(torch.tensor([[100.0, 0.0], [0.0, 0.01]]), "mean")
    torch.testing.assert_close(step, torch.tensor([0.5, 0.5]))


def test_pcgrad_leaves_agreeing_gradients_and_removes_conflict() -> None:
    agreeing = torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    torch.testing.assert_close(combine(agreeing, "pcgrad"), agreeing.mean(0))
    opposed = torch.tensor([[1.0, 0.0], [-0.6, 0.8]])
    # each loses its part along the other: (1, 0) + 0.6 (-0.6, 0.8), and (0, 0.8)
    expected = (torch.tensor([0.64, 0.48]) + torch.tensor([0.0, 0.8])) / 2
    torch.testing.assert_close(combine(opposed, "pcgrad"), expected)


def test_pcgrad_equals_the_textbook_loop() -> None:
    gradients = torch.randn(7, 30, generator=torch.Generator().manual_seed(0))
    unit = gradients / gradients.norm(dim=1, keepdim=True)
    freed = []
    for own in range(7):
        current = unit[own].clone()
        for step in range(1, 7):
            other = unit[(own + step) % 7]
            current = current - min(0.0, float(current @ other)) * other
        freed.append(current)
    torch.testing.assert_close(
        combine(gradients, "pcgrad"), torch.stack(freed).mean(0), atol=1e-5, rtol=1e-4
    )


def test_turns_share_out_the_devices() -> None:
    generator = torch.Generator().manual_seed(0)
    assert turns("mgd", 3, generator) == [[0, 1, 2]]
    assert turns("sequential", 3, generator) == [[0], [1], [2]]
    drawn = {turns("sample", 3, generator)[0][0] for _ in range(50)}
    assert drawn == {0, 1, 2}

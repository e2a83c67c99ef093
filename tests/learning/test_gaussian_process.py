"""The process against its textbook formulas."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from monas_core.learning.gaussian_process import GaussianProcess


def data(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Three signs per row; the first counts by itself, the others by their product alone."""
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(2, (count, 3), generator=generator).double() * 2 - 1
    signs += 0.05 * torch.randn(count, 3, generator=generator)
    wanted = 2.0 * signs[:, 0] + signs[:, 1] * signs[:, 2]
    return signs, ((wanted - wanted.mean()) / wanted.std())[:, None]


@pytest.fixture(scope="module")
def fitted() -> GaussianProcess:
    process = GaussianProcess(torch.arange(3), torch.arange(3))
    process.fit(*data(60), steps=150)
    return process


def test_it_predicts_what_it_has_not_seen(fitted: GaussianProcess) -> None:
    inputs, wanted = data(200, seed=1)
    found = fitted(inputs).detach()
    assert float((found - wanted).square().mean()) < 0.02


def test_mean_and_deviation_are_those_of_the_joint_normal(fitted: GaussianProcess) -> None:
    known, targets = fitted.inputs, fitted.targets
    rows, _ = data(7, seed=2)
    with torch.no_grad():
        noise = fitted.log_weights[2].exp() + 1e-4
        inner = fitted.kernel(known, known) + noise * torch.eye(len(known), dtype=torch.float64)
        across = fitted.kernel(rows, known)
        mean = across @ torch.linalg.solve(inner, targets)
        variance = fitted.kernel(rows, rows) - across @ torch.linalg.solve(inner, across.T)
    found, deviation = fitted.beliefs(rows)
    torch.testing.assert_close(found, mean.float(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(fitted(rows), found)
    expected = variance.diagonal().clamp_min(0).sqrt()[:, None].float()
    torch.testing.assert_close(deviation, expected, rtol=1e-3, atol=1e-3)


def test_a_loaded_process_answers_alike(fitted: GaussianProcess) -> None:
    other = GaussianProcess(torch.arange(3), torch.arange(3))
    other.load_state_dict(fitted.state_dict())
    other.settle()
    rows, _ = data(5, seed=3)
    assert torch.equal(other(rows), fitted(rows))
    assert torch.equal(other.beliefs(rows)[1], fitted.beliefs(rows)[1])


def test_a_group_that_never_varied_is_taken_to_matter_as_its_family_does() -> None:
    inputs, wanted = data(60)
    inputs = torch.cat([inputs, torch.zeros(60, 1)], dim=1)
    process = GaussianProcess(torch.arange(5), torch.tensor([0, 0, 0, 0, 1]))
    process.fit(torch.cat([inputs, torch.zeros(60, 1)], dim=1), wanted, steps=300)
    for scales, centres in zip(
        process.log_scales.detach(), process.log_centres.detach(), strict=True
    ):
        assert float(scales[3] - scales[:3].mean()) == pytest.approx(0.0, abs=0.3)
        assert float(scales[3] - centres[0]) == pytest.approx(0.0, abs=0.05)
        # what the data say nothing about stays where the prior has it
        assert float(scales[4]) == pytest.approx(-3.5, abs=0.05)
    bends = process.log_centres.detach()[1]
    assert abs(float(bends[0] - bends[1])) > 0.3


def test_what_adds_up_and_what_bends_are_told_apart(fitted: GaussianProcess) -> None:
    slopes, bends = fitted.log_scales.detach()
    assert float(slopes[0] - slopes[1:].amax()) > 1.0
    assert float(bends[1:].amin() - bends[0]) > 1.0

"""Importance of choices: known shares are found again, and noise claims nothing."""

from __future__ import annotations

import numpy as np
import pytest

from monas_core.report.history import Evaluated
from monas_core.report.importance import LEAST_FIT, importance


def evaluated(value, count=160) -> list[Evaluated]:
    """Architectures with three choices drawn evenly, the last of which counts if depth is 2."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(count):
        choices = {
            "width": int(rng.choice([1, 2, 3])),
            "depth": int(rng.choice([1, 2])),
            "heads_1": int(rng.choice([1, 2, 4])),
        }
        found.append(Evaluated(choices, {"host": {"acc": float(value(choices, rng))}}))
    return found


def of(rows, **more):
    conditions = {"heads_1": ["depth", [2]]}
    return importance(rows, "acc", "host", conditions, ratio=False, **more)


def test_shares_of_the_variance_are_found_again():
    # variances of the two terms: 9 * 2 / 3 = 6 and 4 * 1 / 4 = 1
    found = of(evaluated(lambda c, _: 3 * c["width"] + 2 * c["depth"]))
    assert found is not None
    assert found.fit > 0.99
    (first, (share, error)), (second, (lesser, _)), *rest = found.shares.items()
    assert (first, second) == ("width", "depth")
    assert share == pytest.approx(6 / 7, abs=0.1)
    assert lesser == pytest.approx(1 / 7, abs=0.05)
    assert 0 <= error < 0.1
    assert all(value < 0.01 for _, (value, _) in rest)
    assert found.said.startswith("acc on host: width 8")


def test_an_answer_that_does_not_count_does_not_matter():
    def value(choices, _):
        return choices["heads_1"] if choices["depth"] == 2 else 0.0

    found = of(evaluated(value))
    assert found is not None
    assert list(found.shares)[:2] == ["depth", "heads"]
    assert "width" not in found.said


def test_noise_claims_nothing():
    found = of(evaluated(lambda _, rng: rng.normal()))
    assert found is not None
    assert found.fit < LEAST_FIT
    assert not found.shares
    assert "no claim" in found.said


def test_too_little_says_nothing():
    assert of(evaluated(lambda c, _: c["width"], count=10)) is None
    assert of(evaluated(lambda *_: 1.0)) is None

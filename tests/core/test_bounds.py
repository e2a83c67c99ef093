"""Limits of what a person sets, and the names a person may have meant."""

from __future__ import annotations

import math
from typing import Any

import pytest

from monas_core.errors import UsageError, did_you_mean, nearest
from monas_core.values.bounds import positive, within
from monas_core.values.recipe import Recipe


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, r"^options\.task\.size must be at least 2, got 1\.$"),
        (9, r"^options\.task\.size must be at most 8, got 9\.$"),
        (math.nan, r"^options\.task\.size must be at least 2, got nan\.$"),
        (math.inf, r"^options\.task\.size must be at most 8, got inf\.$"),
    ],
)
def test_numbers_beyond_a_limit_are_named_with_their_path(number: float, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        within("options.task", 2, 8, size=number)


@pytest.mark.parametrize("number", [0, -1, math.nan, math.inf])
def test_what_must_be_positive_is_finite_too(number: float) -> None:
    with pytest.raises(UsageError, match=r"^rate must be positive, got "):
        positive("", rate=number)


def test_limits_themselves_and_defaults_are_allowed() -> None:
    within("options.task", 2, 8, least=2, most=8, default=None)
    positive("options.task", tiny=1e-300, default=None)


def test_the_nearest_name_or_all_names() -> None:
    assert nearest("latt", ["acc", "lat"]) == "lat"
    assert nearest("zebra", ["acc", "lat"]) is None
    assert did_you_mean("latt", ["acc", "lat"]) == 'Did you mean "lat"?'
    assert did_you_mean("zebra", ["acc", "lat"]) == "Known: acc, lat."
    assert did_you_mean("zebra", []) == "Known: none."


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"betas": (0.9,)}, "training.betas must be two numbers, got 1"),
        ({"betas": ()}, "training.betas must be two numbers, got 0"),
        ({"weight_decay": math.inf}, "training.weight_decay must be at most"),
    ],
)
def test_recipes_that_no_updater_takes(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Recipe(**given)

"""Choices and architectures: canonical, countable, readable, refused with a reason."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monas_core.errors import UsageError
from monas_core.values.architecture import Choice, Condition, Option
from monas_core.values.choices import ChoiceSet


@st.composite
def choice_sets(draw: st.DrawFn, most: int = 5) -> ChoiceSet:
    """Up to ``most`` choices; each may depend on any earlier one."""
    choices: list[Choice] = []
    for number in range(draw(st.integers(1, most))):
        options = tuple(range(10 * number, 10 * number + draw(st.integers(1, 4))))
        condition = None
        if choices and draw(st.booleans()):
            parent = draw(st.sampled_from(choices))
            on = draw(st.lists(st.sampled_from(parent.options), min_size=1, unique=True))
            condition = Condition(parent.name, tuple(on))
        choices.append(Choice(f"c{number}", options, condition=condition))
    return ChoiceSet("random", 1, tuple(choices))


@pytest.fixture
def small() -> ChoiceSet:
    """Depth switches the second width on: 2 + 2 * 3 architectures."""
    return ChoiceSet(
        "small",
        3,
        (
            Choice("depth", (1, 2), ordered=True),
            Choice("first", (8, 16)),
            Choice("second", ("x", "y", "z"), condition=Condition("depth", (2,))),
        ),
    )


def test_counts_and_lists_by_hand(small: ChoiceSet) -> None:
    listed = [tuple(a.choices.values()) for a in small.enumerate()]
    assert small.cardinality() == 8
    assert listed == [
        *[(1, first, "x") for first in (8, 16)],
        *[(2, first, second) for first in (8, 16) for second in "xyz"],
    ]


@given(choice_sets())
def test_cardinality_equals_enumeration(choices: ChoiceSet) -> None:
    listed = list(choices.enumerate())
    assert len(set(listed)) == len(listed) == choices.cardinality()


@given(choice_sets())
def test_enumeration_misses_nothing(choices: ChoiceSet) -> None:
    """All raw index vectors, made canonical, give exactly the listed architectures."""
    raw = itertools.product(*(range(size) for size in choices.sizes))
    assert {choices.from_indices(row) for row in raw} == set(choices.enumerate())


@given(choice_sets(), st.data())
def test_indices_and_json_round_trip(choices: ChoiceSet, data: st.DataObject) -> None:
    row = [data.draw(st.integers(0, size - 1)) for size in choices.sizes]
    architecture = choices.from_indices(row)
    assert choices.from_indices(choices.to_indices(architecture)) == architecture
    assert choices.from_json(architecture.to_json()) == architecture
    assert choices.architecture(architecture.choices) == architecture


def test_inactive_answers_do_not_distinguish(small: ChoiceSet) -> None:
    first = small.architecture({"depth": 1, "first": 8, "second": "y"})
    second = small.architecture({"depth": 1, "first": 8})
    assert first == second
    assert hash(first) == hash(second)
    assert first.key == second.key
    assert first["second"] == "x"


def test_keys_differ_between_architectures_and_versions(small: ChoiceSet) -> None:
    keys = {architecture.key for architecture in small.enumerate()}
    assert len(keys) == 8
    newer = ChoiceSet("small", 4, small.choices)
    assert newer.from_indices([0, 0, 0]).key not in keys


def test_key_is_stable(small: ChoiceSet) -> None:
    """Keys are written to files: a change of the derivation would orphan them."""
    assert small.from_indices([1, 0, 2]).key == "bfcafdb48652"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"depth": 2, "first": 8}, 'lacks an answer to "second"'),
        ({"depth": 2, "first": 9, "second": "x"}, "no option 9; allowed: [8, 16]"),
        ({"depht": 2}, 'no choice "depht"; it has: depth, first, second'),
        ({"depth": True, "first": 8}, "no option True"),
    ],
)
def test_wrong_answers_are_refused(small: ChoiceSet, answers: dict, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        small.architecture(answers)
    assert message in str(caught.value)


def test_foreign_architectures_are_refused(small: ChoiceSet) -> None:
    other = ChoiceSet("other", 3, small.choices).from_indices([0, 0, 0])
    with pytest.raises(UsageError, match='space "other"'):
        small.to_indices(other)
    with pytest.raises(UsageError, match='space "other"'):
        small.from_json(other.to_json())
    with pytest.raises(UsageError, match="is written"):
        small.from_json({"choices": {}})


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ([Choice("a", (1,)), Choice("a", (2,))], 'declares choice "a" twice'),
        ([Choice("a", (1,), condition=Condition("b", (1,)))], "not declared before"),
        ([Choice("a", (1,)), Choice("b", (1,), condition=Condition("a", (7,)))], "no option 7"),
    ],
)
def test_wrong_declarations_are_refused(choices: list[Choice], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ChoiceSet("bad", 1, tuple(choices))


def test_empty_and_repeated_options_are_refused() -> None:
    with pytest.raises(UsageError, match="no options"):
        Choice("a", ())
    with pytest.raises(UsageError, match="twice"):
        Choice("a", (1, 2, 1))


@pytest.mark.parametrize(
    "options", [(1, 1.0), (1, True), (False, 0.0), (2, 3, 3.0), (0.0, -0.0), ("a", 1, "b", True)]
)
def test_options_that_are_equal_are_refused(options: tuple[Option, ...]) -> None:
    """Architectures are compared by their answers, so these would be one."""
    with pytest.raises(UsageError, match=r"lists an option twice: .* equals .*write one of them"):
        Choice("a", options)


@pytest.mark.parametrize("option", [float("nan"), float("inf"), None, (1, 2), b"x"])
def test_what_json_cannot_hold_is_no_option(option: object) -> None:
    with pytest.raises(UsageError, match="an option is a truth value, a finite number or a text"):
        Choice("a", (option, 7))  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [(0, 1), (False, True), (0.5, 1), ("1", 1), ("True", True)])
def test_distinct_options_make_distinct_architectures(options: tuple[Option, ...]) -> None:
    choices = ChoiceSet("typed", 1, (Choice("a", options), Choice("b", (0, 1))))
    everything = list(choices.enumerate())
    assert len(set(everything)) == choices.cardinality() == 4
    for architecture in everything:
        back = choices.from_json(json.loads(json.dumps(architecture.to_json())))
        assert back == architecture
        assert back.key == architecture.key


def test_activity_follows_chains() -> None:
    choices = ChoiceSet(
        "chain",
        1,
        (
            Choice("a", (0, 1)),
            Choice("b", (0, 1), condition=Condition("a", (1,))),
            Choice("c", (0, 1), condition=Condition("b", (1,))),
        ),
    )
    assert choices.active([0, 1, 1]) == (True, False, False)
    assert choices.active([1, 1, 1]) == (True, True, True)
    assert choices.cardinality() == 4

"""Fair training: no option gets ahead of another by more than one turn."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.parts.space import WarmUp
from monas_core.record.config import load_config
from monas_core.running.resolving import resolve
from monas_core.testing.fakes import ToySpace, toy_problem
from monas_core.values.architecture import Choice
from monas_core.values.choices import ChoiceSet
from monas_trainers.fair import Fair, Queues


def test_every_option_has_its_turn_before_any_has_two() -> None:
    choices = ChoiceSet("flat", 1, [Choice("a", (1, 2, 3)), Choice("b", tuple("vwxyz"))])
    queues = Queues(choices, torch.Generator().manual_seed(0))
    counts = {name: Counter[object]() for name in choices.position}
    for turn in range(1, 32):
        for name, answer in queues.next().choices.items():
            counts[name][answer] += 1
        for choice in choices.choices:
            turns = [counts[choice.name][option] for option in choice.options]
            assert max(turns) - min(turns) <= 1
            assert sum(turns) == turn


def test_options_that_are_off_keep_their_turn() -> None:
    choices = ToySpace().choices
    queues = Queues(choices, torch.Generator().manual_seed(0))
    third = Counter[object]()
    for _ in range(60):
        architecture = queues.next()
        if architecture["depth"] == 3:
            third[architecture["width_3"]] += 1
    assert sum(third.values()) == 20
    assert max(third.values()) - min(third.values()) <= 1


def test_the_order_depends_on_the_generator_alone() -> None:
    orders: list[list[list[int]]] = []
    for seed in (1, 1, 2):
        trainer, problem = Fair(), toy_problem()
        settings = WarmUp(steps=4, batch_size=4, learning_rate=1e-2)
        trainer.start(problem.context, settings, torch.Generator().manual_seed(seed))
        while trainer.done < trainer.steps:
            trainer.step()
        orders.append(trainer.state_dict()["waiting"])
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize(
    ("space", "said", "expected"),
    [
        ("mobilenetv3", None, "fair"),
        ("nasbench201", None, "fair"),
        ("gpt", None, "sandwich"),
        ("mobilenetv3", "sandwich", "sandwich"),
    ],
)
def test_a_space_may_have_a_default_of_its_own(space: str, said: str | None, expected: str) -> None:
    wanted = {"space": space, "objectives": ["acc", "params"], "trainer": said}
    plan = resolve(load_config(None, wanted), Catalog.installed())
    assert plan.config.trainer == expected

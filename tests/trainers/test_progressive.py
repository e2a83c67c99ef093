"""Progressive shrinking: what is opened when follows from the space, and the largest teaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.space import WarmUp
from monas_core.testing.fakes import ToySpace, ToyTask, toy_problem
from monas_core.testing.stages import Stages
from monas_trainers.openings import Openings, kind_of
from monas_trainers.progressive import Options, Progressive, staged

SETTINGS = WarmUp(steps=60, batch_size=8, learning_rate=1e-2)


@pytest.fixture(scope="module")
def stages() -> Stages:
    return Stages(Catalog.installed())


def openings_of(stages: Stages, name: str) -> tuple[Openings, Mapping[str, Sequence[str | None]]]:
    """Of the smallest preset of an installed space, and the same by choice."""
    entry = stages.catalog.find("space", name)
    space = entry.load().tiny()
    found = stages.task_for(space)
    assert found is not None
    openings = Openings.of(space, found[0])
    names = [choice.name for choice in space.choices.choices]
    return openings, dict(zip(names, openings.kinds, strict=True))


def test_kinds_of_a_once_for_all_space(stages: Stages) -> None:
    _, kinds = openings_of(stages, "mobilenetv3")
    wanted = {"resolution": "resolution", "depth": "depth", "kernel": "kernel", "expand": "width"}
    for name, found in kinds.items():
        assert found == (*[wanted[name.partition("_")[0]]] * (len(found) - 1), None), name


def test_kinds_of_operations(stages: Stages) -> None:
    """A convolution for another is a kernel; none at all, or one without weights, is depth."""
    _, kinds = openings_of(stages, "nasbench201")
    assert set(kinds.values()) == {("depth", "depth", "depth", "kernel", None)}


def test_kinds_of_transformers(stages: Stages) -> None:
    _, kinds = openings_of(stages, "gpt")
    assert set(kinds["embed_dim"]) == {"width", None}
    assert set(kinds["n_layer"]) == {"depth", None}
    assert kinds["bias"] == ("depth", None)


def test_kinds_follow_from_shapes_alone() -> None:
    whole = {"a": (8, 4, 5, 5), "b": (8,)}
    assert kind_of(whole, whole) == "resolution"
    assert kind_of(whole, {"a": (8, 4, 3, 3), "b": (8,)}) == "kernel"
    assert kind_of(whole, {"a": (6, 4, 3, 3), "b": (6,)}) == "width"
    assert kind_of(whole, {"b": (8,)}) == "depth"
    assert kind_of(whole, {"a": (8, 4, 5, 5), "c": (8,)}) == "kernel"


@pytest.mark.parametrize("name", ["mobilenetv3", "gpt", "nasbench201", "mobilenetv2", "ibn"])
@pytest.mark.parametrize("order", [("kernel", "depth", "width"), ("width", "kernel", "depth")])
def test_every_stage_opens_more_and_the_last_everything(
    stages: Stages, name: str, order: tuple[str, ...]
) -> None:
    openings, kinds = openings_of(stages, name)
    parts = staged(openings, Options(stages=order), 997)
    assert sum(part.steps for part in parts) == 997
    assert parts[0].name in {"resolution", "largest"}
    named = [part.name for part in parts[1:]]
    assert sorted(named, key=order.index) == named
    for before, after in pairwise(parts):
        assert all(set(a) <= set(b) for a, b in zip(before.allowed, after.allowed, strict=True))
    assert [len(options) for options in parts[-1].allowed] == [len(k) for k in kinds.values()]
    for options, own, found in zip(parts[0].allowed, openings.largest, kinds.values(), strict=True):
        assert set(options) == {own} | {o for o, kind in enumerate(found) if kind == "resolution"}


def test_near_options_come_first() -> None:
    openings = Openings.of(ToySpace(), ToyTask())
    for share, options in ((0.0, (2,)), (0.5, (1, 2)), (1.0, (0, 1, 2))):
        # activation and depth, then three widths
        assert openings.opened({"width": share}) == ((1,), (2,), options, options, options)


def test_a_space_of_one_kind_spends_all_steps_on_it(stages: Stages) -> None:
    openings, _ = openings_of(stages, "nasbench201")
    names = [part.name for part in staged(openings, Options(phases=1, whole=0.5), 100)]
    assert names == ["largest", "kernel", "depth"]


def trained(options: Options, *, stop_in: str = "") -> tuple[Progressive, list[str]]:
    """A trainer after its steps, or after the stage named, and the stages it went through."""
    trainer, problem = Progressive(options), toy_problem()
    trainer.start(problem.context, SETTINGS, torch.Generator().manual_seed(1))
    names: list[str] = []
    while trainer.done < trainer.steps:
        report = trainer.step()
        if stop_in and names and names[-1] == stop_in != report.stage:
            break
        names.append(report.stage)
    return trainer, names


def test_the_teacher_is_the_largest_as_it_was_after_its_share() -> None:
    early, names = trained(Options(), stop_in="resolution")
    late, _ = trained(Options())
    first, last = early.state_dict()["teacher"], late.state_dict()["teacher"]
    assert names.count("resolution") == round(0.3 * SETTINGS.steps)
    assert all(torch.equal(first[name], last[name]) for name in first)
    assert trained(Options(distil=False))[0].state_dict()["teacher"] is None


def test_the_teacher_sees_what_the_student_sees(stages: Stages) -> None:
    space = stages.catalog.find("space", "mobilenetv3").load().tiny()
    found = stages.stage(space, "progressive", frozenset({"supernet"}))
    assert found is not None
    trainer = Progressive()
    trainer.start(found.context, SETTINGS, torch.Generator().manual_seed(1))
    smallest, largest = space.ends().smallest, space.ends().largest
    teacher = trainer._largest_like(smallest)
    assert teacher["resolution"] == smallest["resolution"] != largest["resolution"]
    assert {**teacher.choices, "resolution": 0} == {**largest.choices, "resolution": 0}


class Boxes(ToyTask):
    """A task whose networks do not give logits, as far as anyone can tell."""

    def __init__(self) -> None:
        super().__init__()
        self.n_outputs = 5


def test_what_has_no_logits_is_refused_at_once() -> None:
    problem = toy_problem()
    problem.context.task = Boxes()
    trainer = Progressive()
    trainer.start(problem.context, SETTINGS, torch.Generator().manual_seed(1))
    with pytest.raises(UsageError, match=r"options\.trainer\.distil=false"):
        trainer.step()
    assert trainer.done == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stages": ("kernel", "depth")}, "each once and in any order; got kernel, depth"),
        ({"stages": ()}, "got none"),
        ({"stages": ("kernel", "depth", "depth")}, "got kernel, depth, depth"),
        ({"whole": 1.5}, r"options\.trainer\.whole must be at most 1, got 1\.5"),
        ({"phases": 0}, r"options\.trainer\.phases must be at least 1, got 0"),
        ({"phases": 9}, r"options\.trainer\.phases must be at most 5, got 9"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Options(**options)

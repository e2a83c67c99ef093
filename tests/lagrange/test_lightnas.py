"""LightNAS: gates land on targets, several at once, and continue where they stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import attrs
import pytest
import torch

from monas_core.cli.main import main
from monas_core.errors import UsageError
from monas_core.problem.problem import Problem
from monas_core.testing.fakes import toy_problem
from monas_core.values.architecture import Choice
from monas_core.values.choices import ChoiceSet
from monas_core.values.constraint import Constraint
from monas_core.values.preference import Preference
from monas_core.values.relaxation import Relaxation
from monas_core.values.wish import Wish
from monas_lagrange.aims import Flat
from monas_lagrange.landing import Landing
from monas_lagrange.lightnas import LightNAS
from monas_lagrange.options import LightNASOptions

CHOICES = ChoiceSet("layers", 1, [Choice(f"layer_{n}", tuple(range(5))) for n in range(10)])
SLOPES = torch.linspace(0.6, 1.4, 10)[:, None] * torch.arange(5.0)
QUICK = LightNASOptions(steps=60, cost_samples=32, targets=2, draws=2)


def loss(relaxation: Relaxation) -> torch.Tensor:
    """The more the better."""
    return -0.1 * (relaxation.weights * SLOPES.sqrt()).sum((1, 2))


def costs(relaxation: Relaxation) -> torch.Tensor:
    """The more the dearer, ``(1, 1, A)``."""
    return (1.0 + (relaxation.weights * SLOPES).sum((1, 2))).double()[None, None]


def own(rows: torch.Tensor, factor: float = 1.0) -> torch.Tensor:
    return factor * costs(Relaxation.from_population(CHOICES, rows))


def land(bounds: Sequence[Constraint], factor: float = 1.0, seed: int = 0) -> Landing:
    """A whole landing, one aim per limit."""
    owner = torch.arange(len(bounds))
    zero = torch.zeros_like(owner)
    options = LightNASOptions(steps=250)
    space = SimpleNamespace(choices=CHOICES, by_strength=())
    landing = Landing(space, Flat(tuple(bounds), owner, zero, zero), len(bounds), options)
    generator = torch.Generator().manual_seed(seed)
    while landing.done < options.steps:
        landing.step(loss, costs, generator)
        if landing.done % 10 == 0:
            landing.settle(loss, costs, lambda rows: own(rows, factor))
    return landing


def test_gates_land_on_three_targets_at_once() -> None:
    bounds = [Constraint("cost", "equal", bound) for bound in (12.0, 20.0, 30.0)]
    landing = land(bounds)
    for rows, error in ((landing.last(), 0.1), (landing.best, 0.03)):
        reached = own(rows)[0, 0]
        assert reached.tolist() == pytest.approx([12.0, 20.0, 30.0], rel=error)
    assert (landing.multiplier.values > 0).all()  # without them the largest network is best


def test_a_limit_with_room_pulls_at_nothing() -> None:
    landing = land([Constraint("cost", "max", 90.0), Constraint("cost", "max", 15.0)])
    assert landing.multiplier.values[0] == 0.0
    assert landing.multiplier.values[1] > 0.0
    wide, tight = own(landing.last())[0, 0].tolist()
    assert wide > 38.0  # nearly the largest network
    assert tight <= 15.0 * 1.05


def test_predictions_that_are_wrong_by_a_factor_are_corrected() -> None:
    landing = land([Constraint("cost", "equal", 20.0)], factor=1.3)
    assert landing.factor.tolist() == pytest.approx([1.3])
    assert float(own(landing.best, 1.3)) == pytest.approx(20.0, rel=0.05)


def limited(budget: str = "30evals") -> Problem:
    bounds = (
        Constraint("toyl", "equal", 2.6, 0.05, "toy-a"),
        Constraint("toyl", "equal", 2.1, 0.08, "toy-b"),
    )
    return attrs.evolve(toy_problem(budget=budget), limits=bounds)


def searched(problem: Problem, optimizer: LightNAS, most: int = 10_000) -> list[dict[str, float]]:
    """The losses of up to ``most`` steps within the budget."""
    told: list[dict[str, float]] = []
    while problem.meter.left > 0 and len(told) < most:
        report = optimizer.step()
        problem.meter.steps += 1
        told.append(dict(report.losses))
        if report.finished:
            break
    return told


def begun(problem: Problem) -> LightNAS:
    optimizer = LightNAS(QUICK)
    optimizer.start(problem, torch.Generator().manual_seed(4))
    return optimizer


def test_two_devices_in_one_run_each_get_their_target() -> None:
    problem = limited()
    optimizer = begun(problem)
    told = searched(problem, optimizer)
    landing = next(losses for losses in told if "multiplier toyl toy-b" in losses)
    assert {"toyl/target toy-a", "toyl/target toy-b", "multiplier toyl toy-a"} <= set(landing)
    for device, limit in zip(problem.devices, problem.limits, strict=True):
        wish = Wish(Preference((("toyq", 1.0), ("toyl", 0.0))), (limit,))
        (answer,) = optimizer.propose(device, [wish])
        cost = problem.evaluator.values(problem.objectives[1], [answer], device)[0].value
        assert limit.violation(cost) == 0.0


def test_without_limits_targets_are_spread_over_the_costs() -> None:
    problem = toy_problem(budget="24evals")
    optimizer = begun(problem)
    searched(problem, optimizer)
    bounds = [aim.limits[0].bound for aim in optimizer._aims if aim.device == 0]
    assert len(bounds) == 2
    assert bounds == sorted(set(bounds))


@pytest.mark.parametrize("moment", [1, 5, 9, 14])
def test_resumed_equals_uninterrupted_with_multipliers(moment: int) -> None:
    whole = limited("40steps")
    straight = begun(whole)
    searched(whole, straight)

    first, second = limited("40steps"), limited("40steps")
    before = begun(first)
    searched(first, before, moment)
    state = before.state_dict()
    after = LightNAS(QUICK)
    after.start(second, torch.Generator().manual_seed(99))
    after.load_state_dict(state)
    second.meter.steps = first.meter.steps
    second.evaluator._known.update(first.evaluator._known)
    second.evaluator._counted.update(first.evaluator._counted)
    searched(second, after)
    assert torch.equal(straight._known.rows, after._known.rows)
    one, two = straight._landing, after._landing
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert torch.equal(one.multiplier.values, two.multiplier.values)
        assert torch.equal(one.logits, two.logits)


def test_an_unknown_cost_is_named() -> None:
    problem = toy_problem(budget="24evals")
    optimizer = LightNAS(attrs.evolve(QUICK, cost="size"))
    with pytest.raises(UsageError, match='"size" is no minimised cost of this run; it has: toyl'):
        optimizer.start(problem, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("bad", [{"steps": 0}, {"tail": 1.5}, {"learning_rate": 0.0}])
def test_options_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=r"options\.optimizer"):
        LightNASOptions(**bad)  # type: ignore[arg-type]


def test_the_documented_command_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[2] / "docs" / "systems-lightnas.md").read_text(encoding="utf-8")
    line = next(part for part in text.split("\n\n") if part.lstrip().startswith("monas run"))
    words = line.replace("\\\n", " ").split()[1:]
    words += ["--budget", "8evals", "--out-dir", str(tmp_path / "run")]
    words += ["--set", "warm_up.steps=4", "--set", "warm_up.batch_size=8"]
    words += ["--set", "options.optimizer.steps=10", "--set", "options.optimizer.cost_samples=12"]
    with pytest.raises(SystemExit) as end:
        main(words)
    assert not end.value.code, capsys.readouterr()
    result = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    assert {"jetson-nano", "raspberry-pi-4"} <= set(result["devices"])

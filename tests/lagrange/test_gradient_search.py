"""DARTS and DCA-NAS: limits held by multipliers, what was delivered, weights of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest
import torch

from monas_core.cli.main import main
from monas_core.errors import UsageError
from monas_core.problem.optimizer import StepReport
from monas_core.problem.problem import Problem
from monas_core.testing.fakes import ToySpace, toy_problem
from monas_core.values.constraint import Constraint
from monas_core.values.preference import Preference
from monas_core.values.wish import Wish
from monas_lagrange.bilevel import BiLevel
from monas_lagrange.darts import DARTS
from monas_lagrange.dca import DCA
from monas_lagrange.gradient_options import DARTSOptions, DCAOptions

QUICK = DCAOptions(steps=30, rounds=1, targets=2, cost_samples=32, batch=4, calibrate=True)
LIMITS = (
    Constraint("toyl", "max", 1.4, device="toy-a"),
    Constraint("toyl", "equal", 2.4, 0.1, "toy-b"),
)


def limited(budget: str) -> Problem:
    return attrs.evolve(toy_problem(budget=budget), limits=LIMITS)


def begun(problem: Problem, optimizer: BiLevel, seed: int = 4) -> BiLevel:
    optimizer.start(problem, torch.Generator().manual_seed(seed))
    return optimizer


def searched(problem: Problem, optimizer: BiLevel, most: int = 10_000) -> list[StepReport]:
    told: list[StepReport] = []
    while problem.meter.left > 0 and len(told) < most:
        told.append(optimizer.step())
        problem.meter.steps += 1
        if told[-1].finished:
            break
    return told


@pytest.fixture(scope="module")
def finished() -> tuple[DCA, Problem, Sequence[StepReport]]:
    problem, optimizer = limited("40steps"), DCA(QUICK)
    begun(problem, optimizer)
    return optimizer, problem, searched(problem, optimizer)


def test_each_device_gets_its_limit(finished: tuple[DCA, Problem, object]) -> None:
    optimizer, problem, _ = finished
    for device, limit in zip(problem.devices, LIMITS, strict=True):
        (answer,) = optimizer.propose(
            device, [Wish(Preference((("toyq", 1.0), ("toyl", 0.0))), (limit,))]
        )
        (cost,) = problem.evaluator.values(problem.objectives[1], [answer], device)
        assert limit.violation(cost.value) == 0.0


def test_requested_expected_and_delivered_are_told(
    finished: tuple[DCA, Problem, Sequence[StepReport]],
) -> None:
    optimizer, _, told = finished
    shown = {name for report in told for name in report.losses}
    for word in ("multiplier", "requested", "expected", "delivered"):
        assert {f"{word} toyl toy-a", f"{word} toyl toy-b"} <= shown
    (entry,) = optimizer.account["toy-a"]
    assert (entry["objective"], entry["limit"]) == ("toyl", 1.4)
    first = entry["passes"][0]
    assert first["requested"] == 1.4
    assert first["expected"] == pytest.approx(1.4, rel=0.25)
    assert len(entry["passes"]) >= 2
    json.dumps(dict(optimizer.account))


def test_multipliers_of_limits_never_push_up(finished: tuple[DCA, Problem, object]) -> None:
    optimizer, _, _ = finished
    assert float(optimizer._multiplier.values[0]) >= 0.0


def test_without_calibration_the_limit_itself_is_requested() -> None:
    problem = limited("40steps")
    optimizer = DCA(attrs.evolve(QUICK, calibrate=False))
    searched(problem, begun(problem, optimizer))
    (entry,) = optimizer.account["toy-a"]
    assert {point["requested"] for point in entry["passes"]} == {1.4}


@pytest.mark.parametrize("kind", [DARTS, DCA])
def test_weights_that_values_come_from_stay_as_they_are(kind: type[BiLevel]) -> None:
    problem = limited("12steps")
    supernet = problem.context.require_supernet()
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    optimizer = begun(problem, kind(QUICK))
    searched(problem, optimizer)
    for name, value in supernet.state_dict().items():
        assert torch.equal(value, before[name])
    own = optimizer._supernet.state_dict()
    assert any(not torch.equal(own[name], value) for name, value in before.items())


@pytest.mark.parametrize("inherit", [True, False])
def test_weights_begin_with_those_of_the_warm_up_if_wanted(inherit: bool) -> None:
    problem = toy_problem(budget="4steps")
    optimizer = begun(problem, DARTS(DARTSOptions(inherit=inherit)))
    pairs = zip(
        optimizer._supernet.parameters(), problem.context.require_supernet().parameters(),
        strict=True,
    )  # fmt: skip
    assert all(torch.equal(a, b) for a, b in pairs) == inherit


def test_a_proxy_is_searched_in_where_there_is_one() -> None:
    space = ToySpace()
    space.proxy = ToySpace()
    problem = toy_problem(budget="6steps", space=space)
    optimizer = begun(problem, DARTS())
    searched(problem, optimizer)
    theirs = list(problem.context.require_supernet().parameters())
    assert not torch.equal(next(optimizer._supernet.parameters()), theirs[0])


@pytest.mark.parametrize(("kind", "moment"), [(DCA, 1), (DCA, 4), (DCA, 9), (DARTS, 5)])
def test_resumed_equals_uninterrupted_with_multipliers(kind: type[BiLevel], moment: int) -> None:
    whole, first, second = (limited("16steps") for _ in range(3))
    straight = kind(QUICK)
    searched(whole, begun(whole, straight))
    before, after = kind(QUICK), kind(QUICK)
    searched(first, begun(first, before), moment)
    begun(second, after, seed=99)
    after.load_state_dict(before.state_dict())
    second.meter.steps = first.meter.steps
    second.evaluator._known.update(first.evaluator._known)
    second.evaluator._counted.update(first.evaluator._counted)
    searched(second, after)
    assert torch.equal(straight._known.rows, after._known.rows)
    if isinstance(straight, DCA) and isinstance(after, DCA):
        assert torch.equal(straight._multiplier.values, after._multiplier.values)
    assert straight.account == after.account
    assert straight._levels is not None
    assert after._levels is not None
    assert torch.equal(straight._levels.logits, after._levels.logits)


def test_an_unknown_cost_is_named() -> None:
    problem = toy_problem(budget="24evals")
    with pytest.raises(UsageError, match='"size" is no minimised cost of this run; it has: toyl'):
        begun(problem, DCA(attrs.evolve(QUICK, cost="size")))


@pytest.mark.parametrize("bad", [{"steps": 0}, {"head_start": 1.5}, {"multiplier_rate": 0.0}])
def test_options_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=r"options\.optimizer"):
        DCAOptions(**bad)  # type: ignore[arg-type]


def test_the_documented_command_runs_and_the_result_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(__file__).parents[2] / "docs" / "systems-dca.md").read_text(encoding="utf-8")
    line = next(part for part in text.split("\n\n") if part.lstrip().startswith("monas run"))
    words = line.replace("\\\n", " ").split()[1:]
    words[words.index("--budget") + 1] = "8evals"
    words += ["--set", "warm_up.steps=4", "--set", "warm_up.batch_size=8"]
    words += ["--set", "options.optimizer.steps=2", "--set", "options.optimizer.rounds=1"]
    words += ["--set", "options.optimizer.cost_samples=12", "--out-dir", str(tmp_path / "run")]
    with pytest.raises(SystemExit) as end:
        main(words)
    assert not end.value.code, capsys.readouterr()
    result = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    ((entry,),) = [facts["search"] for facts in result["devices"].values()]
    assert set(entry["passes"][0]) == {
        "requested", "expected", "derived", "delivered", "architecture",
    }  # fmt: skip

"""Two processes do what one does, and what is said where they cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.computing.launch import launched
from monas_core.computing.ranks import ALONE, RankLostError, Ranks
from monas_core.errors import UsageError
from monas_core.record.config import load_config
from monas_core.running import together
from monas_core.running.crew import END, Crew, serve, trained_together
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_core.values import population
from monas_modnas.optimizer import MODNAS

InRanks = Callable[..., list[Any]]
SETTINGS = [
    "warm_up.steps=50", "warm_up.batch_size=6", "training.updater=adamw",
    "options.optimizer.quality=supernet", "options.optimizer.weights=together",
    "options.optimizer.supernet_batch=6", "options.optimizer.cost_samples=32",
]  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> Plan:
    flags = {
        "space": "gpt", "objectives": ["acc", "flops"], "devices": ["h100-sxm"], "held_out": [],
        "budget": "60steps", "optimizer": "modnas",
    }  # fmt: skip
    return resolve(load_config(None, flags, SETTINGS), Catalog.installed())


def made(plan: Plan, ranks: Ranks) -> tuple[Session, Crew]:
    session = Session(attrs.evolve(plan, ranks=ranks))
    crew = Crew(session)
    if ranks.count > 1:
        session.context.helpers = crew
    return session, crew


def weights(session: Session) -> dict[str, torch.Tensor]:
    state = session.context.require_supernet().state_dict()
    return {name: value.clone() for name, value in state.items()}


def warmed(plan: Plan, ranks: Ranks) -> dict[str, Any]:
    """Rank 0: 50 steps of the warm-up, then scores; the others help."""
    session, crew = made(plan, ranks)
    if ranks.number:
        serve(session)
        return {"weights": weights(session)}
    losses: list[float] = []
    while session.trainer.done < session.trainer.steps:
        crew.step_together()
        report, _ = trained_together(session)
        crew.stepped()
        losses.append(sum(report.losses.values()))
    found = {"weights": weights(session), "losses": losses}
    rows = population.sample(plan.space.choices, 5, torch.Generator().manual_seed(0))
    some = population.decode(plan.space.choices, rows)
    (objective,) = (o for o in plan.objectives if o.query)
    found["scores"] = [v.value for v in session.evaluator.values(objective, some, None)]
    ranks.tell({"do": END})
    return found


def far(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> float:
    """Largest difference; the biases of keys change nothing, and their gradient is rounding."""
    names = [name for name in one if not name.endswith("qkv.bias")]
    return max(float((one[name] - two[name]).abs().max()) for name in names)


def test_two_ranks_warm_up_as_one(plan: Plan, in_ranks: InRanks) -> None:
    first, second = in_ranks(lambda ranks: warmed(plan, ranks))
    alone = warmed(plan, ALONE)
    assert far(first["weights"], second["weights"]) == 0  # none were sent
    assert first["losses"] == pytest.approx(alone["losses"], abs=1e-5)
    assert far(first["weights"], alone["weights"]) < 1e-5
    assert first["scores"] == pytest.approx(alone["scores"], abs=1e-5)


def searched(plan: Plan, ranks: Ranks) -> dict[str, Any]:
    """Rank 0: 50 steps of the hypernetwork on the supernet, whose weights learn on."""
    session, _ = made(plan, ranks)
    if ranks.number:
        serve(session)
        return {}
    optimizer = session.plan.optimizer
    assert isinstance(optimizer, MODNAS)
    session.start_optimizer()
    optimizer.step()  # fits the costs
    optimizer._stage, optimizer._left = "learning", 50
    told = [dict(optimizer.step().losses) for _ in range(2)]
    ranks.tell({"do": END})
    network = optimizer.state_dict()["network"]
    kept = {name: value.clone() for name, value in network.items()}
    return {"told": told, "network": kept, "weights": weights(session)}


def test_two_ranks_teach_the_hypernetwork_as_one(plan: Plan, in_ranks: InRanks) -> None:
    first, _ = in_ranks(lambda ranks: searched(plan, ranks))
    alone = searched(plan, ALONE)
    for mine, theirs in zip(first["told"], alone["told"], strict=True):
        assert mine == pytest.approx(theirs, abs=1e-5)
    # Adam divides a gradient by its size: rounding of small ones adds up over 50 steps
    assert far(first["network"], alone["network"]) < 1e-4
    assert far(first["weights"], alone["weights"]) < 1e-5


def test_what_cannot_work_together_is_one_sentence_everywhere(in_ranks: InRanks) -> None:
    catalog = Catalog.installed()

    def other_code(ranks: Ranks) -> list[str]:
        said: list[str] = []
        for fault, code in (("", f"code {ranks.number}"), ("no data" if ranks.number else "", "")):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(together, "code_of", lambda _, code=code: code)
                with pytest.raises(UsageError) as refused:
                    together.agree(ranks, catalog, fault)
                said.append(str(refused.value))
        return said

    first, second = in_ranks(other_code)
    assert first == second
    assert first[0].startswith("Rank 1 runs other code than rank 0 (code code 0, not code 1)")
    assert first[1] == "Rank 1 cannot take part: no data"


def test_a_rank_that_is_gone_is_noticed_with_its_reason(in_ranks: InRanks) -> None:
    def work(ranks: Ranks) -> str:
        ranks.any(flag=False)  # all are there
        if ranks.number:
            ranks.despair("ValueError: something")
            ranks.leave()
            return ""
        try:
            for _ in range(100):
                ranks.tell({"do": "nothing"})
        except RankLostError as gone:
            return str(gone)
        return "nothing"

    said = in_ranks(work)[0]
    assert said == (
        "Another of the 2 processes of this run has ended (rank 1: ValueError: something); go on "
        "from the last checkpoint with the same command and --resume auto."
    )


def test_messages_and_sums(in_ranks: InRanks) -> None:
    def work(ranks: Ranks) -> Any:
        some = [torch.full((3,), float(ranks.number + 1)), torch.ones(2, 2, dtype=torch.float64)]
        ranks.add(some)
        told = ranks.tell({"a": torch.arange(3), "b": [1.5, None]} if not ranks.number else None)
        every = ranks.collect([ranks.number])
        return [some[0].tolist(), some[1].tolist(), told["a"].tolist(), told["b"], every]

    expected = [[3.0] * 3, [[2.0] * 2] * 2, [0, 1, 2], [1.5, None], [[0], [1]]]
    assert in_ranks(work) == [expected] * 2


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"RANK": "2", "WORLD_SIZE": "2"}, "RANK=2, WORLD_SIZE=2"),
        ({"RANK": "0", "WORLD_SIZE": "two"}, "WORLD_SIZE=two"),
    ],
)
def test_numbers_of_a_launcher_that_do_not_fit(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str], wrong: str
) -> None:
    monkeypatch.setenv("MASTER_ADDR", "localhost")
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match="a rank must be a number from 0 to WORLD_SIZE - 1"):
        launched()


def test_too_few_processes_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from monas_core.computing.joining import join
    from monas_core.computing.launch import Launch

    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("MASTER_PORT", "0")
    with pytest.raises(UsageError, match=r"Of 3 processes .* 1 came within 0\.5 s"):
        join(Launch(0, 3, 0), 0.5)


def test_shares_of_a_batch() -> None:
    class Three(Ranks):
        count = 3

    sizes = [Three().share_of(number, 8) for number in range(3)]
    assert [s.stop - s.start for s in sizes] == [2, 3, 3]
    assert [s.start for s in sizes] == [0, 2, 5]

"""The rules of a contest, and what happens to those who break them."""

from __future__ import annotations

import math

import attrs
import pytest

from monas_core.bench.attempt import attempt, lattice_within
from monas_core.bench.contest import Asked, resolve
from monas_core.bench.judge import Judge
from monas_core.bench.reference_only import ReferenceOnly
from monas_core.errors import Interrupted, PluginError, Unavailable
from monas_core.parts.context import Context


@pytest.fixture
def once(catalog, data):
    """One run of one optimizer."""

    def run(name, *, seed=0, budget="20evals", heed=lambda share: None, answers=24):
        wish = Asked("toy", data, budget, 1, optimizers=[name], answers=answers)
        contest, benchmark = resolve(wish, catalog)
        return attempt(contest, benchmark, catalog, contest.variants[0], seed, heed), benchmark

    return run


SINS = [
    ("overspends", "made 22 quality queries, more than the budget of 20evals"),
    ("peeks", "asked for final data (toy-quality)"),
    ("crashes", "failed in Sinner.start(): ZeroDivisionError: oh"),
    ("repeats", "named 2 architectures, 1 of them distinct"),
    ("talks-too-much", "named 25 architectures"),
    ("says-nothing", "named 0 architectures"),
    ("makes-things-up", "named an architecture that has no published values"),
    ("queries-late", "queried 2 architectures after its search"),
    ("asks-for-gaps", "failed: not in the table"),
    ("asks-everything", "reference measurements are known"),
]


@pytest.mark.parametrize(("sin", "words"), SINS, ids=[sin for sin, _ in SINS])
def test_who_breaks_a_rule_is_named(once, sin, words):
    with pytest.raises(PluginError) as fault:
        once(f"sinner-{sin}")
    assert f'"sinner-{sin}"' in str(fault.value)
    assert words in str(fault.value)


def test_a_run_is_told_in_full(once):
    shares: list[float] = []
    document, benchmark = once("random", heed=shares.append)
    assert document["queries"] == 20
    assert [d["device"] for d in document["devices"]] == ["toy-a", "toy-b", "toy-c"]
    assert [d["split"] for d in document["devices"]] == ["search", "search", "held-out"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    for entry in document["devices"]:
        assert 1 <= len(entry["answers"]) == len(entry["points"]) <= 24
        device = benchmark.devices[entry["device"]]
        named = [benchmark.space.choices.architecture(a) for a in entry["answers"]]
        assert Judge(benchmark).points(named, device).tolist() == entry["points"]
        assert len(entry["found"]) >= 1


def test_seeds_differ_and_repeat(once):
    first, again, other = (once("random", seed=seed)[0] for seed in (1, 1, 2))
    points = [[d["points"] for d in run["devices"]] for run in (first, again, other)]
    assert points[0] == points[1] != points[2]


def test_final_values_are_the_verdict(once):
    """The toys' final quality is a hundredth below what the search sees."""
    document, benchmark = once("random")
    entry = document["devices"][0]
    named = benchmark.space.choices.architecture(entry["answers"][0])
    quality = benchmark.objectives[0]
    (seen,) = quality.evaluate([named], None, Context(benchmark.space))
    assert entry["points"][0][0] == pytest.approx(-0.99 * seen.value)


def test_zero_shot_optimizers_get_the_references_alone(once, catalog, data):
    """The others may look everything up: that favours them."""
    document, _ = once("sinner-none")
    assert len(document["devices"]) == 3
    with pytest.raises(PluginError, match="reference measurements"):
        once("sinner-asks-everything")


def test_held_out_devices_are_not_in_the_problem(catalog, data, monkeypatch):
    from toy_contest import Sinner  # pyright: ignore[reportMissingImports]

    seen = []
    start = Sinner.start
    monkeypatch.setattr(
        Sinner, "start", lambda self, problem, g: (seen.append(problem), start(self, problem, g))
    )
    wish = Asked("toy", data, "8evals", 1, ["sinner-none"], devices=["toy-d"], held_out=["toy-a"])
    contest, benchmark = resolve(wish, catalog)
    attempt(contest, benchmark, catalog, contest.variants[0], 0, lambda share: None)
    assert [device.name for device in seen[0].devices] == ["toy-d"]


def test_reference_only_devices(catalog, data):
    _, benchmark = resolve(Asked("toy", data, "8evals", 1, ["random"]), catalog)
    whole, context = benchmark.devices["toy-c"], Context(benchmark.space)
    references = benchmark.space.references()
    device = ReferenceOnly(whole, references)
    assert (device.name, device.metrics) == (whole.name, whole.metrics)
    for ask in ("cost", "estimate"):
        found = getattr(device, ask)("latency_ms", references, context)
        assert found == getattr(whole, ask)("latency_ms", references, context)
        stranger = next(a for a in benchmark.space.choices.enumerate() if a not in references)
        with pytest.raises(Unavailable, match="reference measurements are known"):
            getattr(device, ask)("latency_ms", [references[0], stranger], context)


def test_stopping_is_heeded_between_steps(once):
    def heed(share: float) -> None:
        if share > 0.3:
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        once("random", heed=heed)


@pytest.mark.parametrize(("objectives", "at_most"), [(2, 24), (3, 24), (1, 24), (4, 24), (2, 2)])
def test_lattices_fill_the_answers(objectives, at_most):
    names = [f"o{i}" for i in range(objectives)]
    found = lattice_within(names, at_most)
    assert objectives <= len(found) <= at_most
    if objectives > 1:
        divisions = round(1 / min(w for p in found for w in p.vector if w > 0))
        assert math.comb(divisions + objectives, objectives - 1) > at_most


def test_options_reach_the_optimizer(catalog, data):
    words = ["random", "wide=random"]
    wish = Asked("toy", data, "20evals", 1, words, settings=["wide.batch=20"])
    contest, benchmark = resolve(wish, catalog)
    steps = {
        v.label: attempt(contest, benchmark, catalog, v, 0, lambda share: None)["steps"]
        for v in contest.variants
    }
    assert steps["wide"] == 1 < steps["random"]
    assert attrs.asdict(contest.variants[1])["options"] == {"batch": 20}

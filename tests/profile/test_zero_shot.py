"""Picks for a device that is known by a file alone, and picks with limits."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from scipy.stats import spearmanr

from monas_core.answers.targets import Target
from monas_core.answers.verification import Verification
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.profiling.measure import this_machine
from monas_core.profiling.profile import Profile
from monas_core.run import Run
from monas_core.values.constraint import Constraint
from monas_core.values.value import Evaluation


def test_the_answer_is_predicted_and_quick(run: Run, board: Path) -> None:
    run.pick(board, {"acc": 1.0})
    begin = time.process_time()
    pick = run.pick(board, {"acc": 0.5, "lat": 0.5})
    assert time.process_time() - begin < 2.0
    assert pick.device == "board"
    assert pick.origin["lat"] == pick.origin["energy"] == "predicted"
    assert pick.values["lat"] == pytest.approx(pick.predicted["lat"])


def test_predictions_follow_the_profile(run: Run, board: Path, catalog: Catalog) -> None:
    """The board is a modelled one, so that the truth is known."""
    truth, context = catalog.create("device", "raspberry-pi-5"), run.session.context
    predicted: dict[Any, float] = {}
    for weight in np.linspace(0.0, 1.0, 21):
        pick = run.pick(str(board), {"acc": weight, "lat": 1 - weight})
        architecture = context.space.choices.from_json(pick.architecture)
        predicted[architecture] = pick.values["lat"]
    actual = np.array([value.value for value in truth.cost("latency_ms", [*predicted], context)])
    found = np.array([*predicted.values()])
    assert len(found) >= 5
    assert np.median(np.abs(found / actual - 1)) < 0.1
    assert spearmanr(found, actual).statistic > 0.9
    quick, good = (run.pick(board, {name: 1.0}).values for name in ("lat", "acc"))
    assert quick["lat"] <= good["lat"]
    assert good["acc"] <= quick["acc"]


def test_a_profile_under_the_name_of_a_known_device_stays_itself(
    run: Run, profile: Profile, tmp_path: Path
) -> None:
    slow = {
        metric: attrs.evolve(costs, median=[100 * value for value in costs.median])
        for metric, costs in profile.metrics.items()
    }
    path = tmp_path / "same.json"
    attrs.evolve(profile, name="raspberry-pi-4", metrics=slow).write(path)
    known = run.pick("raspberry-pi-4", {"acc": 1.0})
    pick = run.pick(path, {"acc": 1.0})
    assert pick.device == "raspberry-pi-4 (profile)"
    assert pick.values["lat"] > 10 * known.values["lat"]


def test_two_profiles_of_one_name_in_one_process_stay_themselves(
    run: Run, profile: Profile, tmp_path: Path
) -> None:
    picks = []
    for number, factor in enumerate((1, 100, 1)):
        metrics = {
            metric: attrs.evolve(costs, median=[factor * value for value in costs.median])
            for metric, costs in profile.metrics.items()
        }
        path = tmp_path / f"{number}.json"
        attrs.evolve(profile, name="phone", metrics=metrics).write(path)
        picks.append(run.pick(path, {"acc": 1.0}).values["lat"])
    assert picks[1] == pytest.approx(100 * picks[0], rel=0.1)
    assert picks[2] == picks[0]


def test_verifying_measures_on_this_machine_only(
    run: Run, board: Path, catalog: Catalog, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r'"board": it is Board 1 with a runtime, and this machin'):
        run.pick(board, {"acc": 1.0}, verify=True)
    with pytest.raises(UsageError, match="its values are modelled"):
        run.pick("raspberry-pi-4", {"acc": 1.0}, verify=True)
    made = this_machine(catalog, run.session.context, "here", lambda _: None, seconds=0.01)
    made.write(tmp_path / "here.json")
    pick = run.pick(tmp_path / "here.json", {"acc": 0.5, "lat": 0.5}, verify=True)
    assert pick.origin["acc"] == pick.origin["lat"] == "measured"
    assert 0.1 < pick.values["lat"] / pick.predicted["lat"] < 10


def test_limits_hold_and_the_stored_front_is_never_better(run: Run) -> None:
    draw = random.Random(0)
    for _ in range(12):
        device = draw.choice(run.devices)
        members = run.front(device).members
        name, wish = draw.choice(["lat", "energy", "acc"]), draw.choice(["acc", "lat", "energy"])
        bound = draw.choice(members).values[name]
        pick = run.pick(device, {wish: 1.0}, [Constraint(name, "max", bound)])
        assert pick.values[name] <= bound
        best = min(m.values[wish] for m in members if m.values[name] <= bound)
        spread = max(m.values[wish] for m in members) - min(m.values[wish] for m in members)
        assert pick.values[wish] <= best + 0.02 * spread


def test_limits_on_a_profile_hold_for_the_prediction(run: Run, board: Path) -> None:
    free = run.pick(board, {"acc": 1.0}).values["lat"]
    pick = run.pick(board, {"acc": 1.0}, [Constraint("latency", "max", 0.7 * free)])
    assert pick.values["lat"] <= 0.7 * free


@pytest.fixture
def remeasured(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], float]], list[Any]]:
    """Stands in for measuring: known latencies times what the n-th measurement is said to find."""

    def install(pace: Callable[[int], float]) -> list[Any]:
        asked: list[Any] = []

        def measured(self: Verification, architecture: Any) -> Evaluation:
            (known,) = self._session.evaluator.evaluate([architecture], self._device, "final")
            late = attrs.evolve(
                known.values["lat"], value=known.values["lat"].value * pace(len(asked))
            )
            asked.append(architecture)
            return attrs.evolve(known, values={**known.values, "lat": late})

        monkeypatch.setattr(Target, "measurable", True)
        monkeypatch.setattr(Verification, "measured", measured)
        return asked

    return install


def test_a_lucky_measurement_is_found_out(run: Run, remeasured: Any) -> None:
    """The best was measured too fast; the next best that meets the limit is taken."""
    asked = remeasured(lambda number: 1.05 if number == 0 else 1.0)
    latencies = sorted(m.values["lat"] for m in run.front("raspberry-pi-4").members)
    bound = latencies[len(latencies) // 2]
    pick = run.pick("raspberry-pi-4", {"acc": 1.0}, [Constraint("lat", "max", bound)])
    assert len(asked) == 2
    assert pick.key == asked[1].key
    assert pick.values["lat"] <= bound


def test_on_a_slower_day_limits_are_met_at_that_pace(run: Run, remeasured: Any) -> None:
    """Those that would miss at the pace of the first measurement are not even tried."""
    asked = remeasured(lambda _: 1.3)
    latencies = sorted(m.values["lat"] for m in run.front("raspberry-pi-4").members)
    bound = 2 * latencies[0]
    pick = run.pick("raspberry-pi-4", {"acc": 1.0}, [Constraint("lat", "max", bound)])
    assert len(asked) == 2
    assert 0.5 * bound < pick.values["lat"] <= bound


def test_where_none_holds_the_nearest_is_named(run: Run, remeasured: Any) -> None:
    remeasured(lambda _: 100.0)
    latencies = [m.values["lat"] for m in run.front("raspberry-pi-4").members]
    limit = Constraint("lat", "max", max(latencies))
    assert run.pick("raspberry-pi-4", {"acc": 1.0}, [limit]).values["lat"] > limit.bound


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--max", "lat=1e-9s"), "No known architecture meets lat at most 1e-06 ms on"),
        (("--min", "lat=1h"), "lat at least 3.6e+06 ms"),
        (("--max", "lat=2mJ"), 'is given in "mJ", but it is measured in ms'),
        (("--max", "energy=2parsec"), "write it in nJ, uJ, mJ, J"),
        (("--max", "lat"), "write name=value"),
        (("--max", "lat=nan"), "write name=value"),
        (("--max", "colour=2"), "no objective of this run"),
    ],
)
def test_limits_that_cannot_be_are_one_sentence(
    run: Run, monas, words: tuple[str, ...], told: str
) -> None:
    code, out, err = monas("pick", run.path, *words)
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.strip().splitlines()) == 1


def test_natural_units_in(run: Run, monas) -> None:
    code, out, _ = monas(
        "pick", run.path, "--max", "lat=1s", "--max", "energy=1Wh", "--prefer", "acc=1", "--json"
    )
    assert code == 0
    assert json.loads(out)["values"]["lat"] <= 1000


def test_bad_profiles_on_the_command_line(run: Run, board: Path, tmp_path: Path, monas) -> None:
    document = json.loads(board.read_text())
    bad = tmp_path / "bad.json"
    cases: dict[str, Any] = {
        "is no complete JSON document": board.read_text()[:300],
        "another reference set": json.dumps(document | {"digest": "f" * 16}),
        "another space": json.dumps(document | {"space": "hat"}),
        'Objective "energy" needs energy_mj': json.dumps(
            document | {"metrics": {"latency_ms": document["metrics"]["latency_ms"]}}
        ),
    }
    for told, text in cases.items():
        bad.write_text(text)
        code, out, err = monas("pick", run.path, "--device", bad)
        assert (code, out) == (2, "")
        assert told in err
        assert len(err.strip().splitlines()) == 1


def test_a_run_folder_with_a_damaged_file(run: Run, tmp_path: Path, monas) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy)
    device = run.devices[0]
    places = {
        f"front/{device}.json": ('{"schema": 1}', "is damaged"),
        "archive.jsonl": ("{}\n{}\n", "archive.jsonl holds"),
        "config.yaml": ("space: [", "config.yaml"),
    }
    for name, (text, told) in places.items():
        good = (copy / name).read_bytes()
        (copy / name).write_text(text)
        code, _, err = monas("pick", copy)
        assert code == 2
        assert told in err
        (copy / name).unlink()
        assert monas("pick", copy)[0] == 2
        (copy / name).write_bytes(good)

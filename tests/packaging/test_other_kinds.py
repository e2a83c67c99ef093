"""Parts of every kind but a space, from a stranger's wheel: no false alarm, and all of a run."""

from __future__ import annotations

import json
from typing import Any

OFFERED = {
    "task": {"waves"},
    "objective": {"kernels", "rent"},
    "device": {"coop-phone"},
    "embedding": {"two-numbers"},
    "optimizer": {"annealing"},
    "trainer": {"uniform"},
    "observer": {"tally"},
    "preset": {"sketch"},
}
CONTRACTS = (
    "Tasks",
    "TaskConduct",
    "Objectives",
    "Honesty",
    "Devices",
    "DeviceHonesty",
    "Embeddings",
    "Optimizers",
    "Answers",
    "Trainers",
    "Packages",
)


def test_the_kit_raises_no_false_alarm(kinds_shell: Any) -> None:
    report = json.loads(kinds_shell.monas("check", "monas-kinds", "--json").stdout)
    assert report["failed"] == []
    for contract in CONTRACTS:
        held = [name for name in report["passed"] if name.startswith(f"Test{contract} ")]
        assert held, f"no {contract} were checked"
    reasons = {row["message"] for row in report["skipped"]}
    assert all("declared" in reason for reason in reasons), reasons


def test_all_of_them_make_a_run(kinds_shell: Any) -> None:
    rows = json.loads(kinds_shell.monas("plugins", "--json").stdout)
    mine = {(row["kind"], row["name"]) for row in rows if row["provider"] == "monas-kinds"}
    assert mine == {(kind, name) for kind, names in OFFERED.items() for name in names}
    done = kinds_shell.monas(
        *("run", "--space", "mobilenetv3", "--task", "waves", "--config", "sketch"),
        *("--objectives", "rmse,kernels,rent", "--devices", "coop-phone,jetson-nano"),
        *("--held-out", "t4", "--optimizer", "annealing", "--trainer", "uniform"),
        *("--max", "RMSE=9", "--out-dir", "run", "--torch-device", "cpu", "--json"),
        *("embedding=two-numbers", "options.objective.rent.cents_per_hour=80"),
    )
    assert set(json.loads(done.stdout)["devices"]) == {"coop-phone", "jetson-nano", "t4"}
    front = json.loads((kinds_shell.cwd / "run/front/coop-phone.json").read_text())
    assert [o["name"] for o in front["objectives"]] == ["acc", "kernels", "rent"]
    assert {m["origin"]["rent"] for m in front["members"]} == {"tabulated"}
    picked = kinds_shell.monas("pick", "run", "--prefer", "RMSE=.5,rent=.5", "--json").stdout
    assert json.loads(picked)["architecture"]["space"] == "mobilenetv3"

"""A stranger's wheel is a full citizen: listed, checked, run."""

from __future__ import annotations

import json
from typing import Any


def test_listed_with_provider_and_version(toy_shell: Any) -> None:
    rows = json.loads(toy_shell.monas("plugins", "--json").stdout)
    mine = {(row["kind"], row["name"]): row for row in rows if row["provider"] == "monas-toy"}
    assert set(mine) == {
        ("space", "toy"),
        ("objective", "traffic"),
        ("device", "toy-board"),
        ("optimizer", "toy-climb"),
    }
    for row in mine.values():
        assert set(row) >= {"kind", "name", "provider", "version", "state", "summary"}
        assert row["version"] == "0.3.1"
        assert row["state"] == "ok"
        assert row["summary"]


def test_passes_the_contract_kit(toy_shell: Any) -> None:
    kit = ["-p", "monas_core.testing.pytest_plugin", "--pyargs", "monas_core.testing"]
    options = ["-p", "no:cacheprovider", "--provider", "monas-toy", "-v"]
    report = toy_shell.python("-m", "pytest", *kit, *options).stdout
    for contract in ("Spaces", "Supernets", "Objectives", "Devices", "Optimizers"):
        passed = [line for line in report.splitlines() if f"Test{contract}::" in line]
        assert any("PASSED" in line for line in passed), f"no {contract} were checked\n{report}"
    assert "[modnas]" not in report
    assert "[gpt]" not in report


def test_unknown_provider_is_refused_by_the_kit(toy_shell: Any) -> None:
    kit = ["-p", "monas_core.testing.pytest_plugin", "--pyargs", "monas_core.testing"]
    done = toy_shell.python("-m", "pytest", *kit, "--provider", "monas-tyo", code=4)
    assert "no plugin matches --provider monas-tyo" in done.stderr
    assert "monas-toy" in done.stderr


def test_takes_part_in_a_run(toy_shell: Any) -> None:
    done = toy_shell.monas(
        "run",
        *("--space", "toy", "--objectives", "acc,traffic,lat"),
        *("--devices", "toy-board,raspberry-pi-4", "--held-out", "t4"),
        *("--optimizer", "toy-climb", "--budget", "5steps", "--torch-device", "cpu"),
        *("--out-dir", "run", "--json", "warm_up.steps=5", "preferences=6"),
    )
    result = json.loads(done.stdout)
    assert set(result["devices"]) == {"toy-board", "raspberry-pi-4", "t4"}
    for name, facts in result["devices"].items():
        front = json.loads((toy_shell.cwd / facts["front"]).read_text())
        assert front["device"] == name
        assert front["space"] == "toy"
        assert len(front["members"]) == facts["members"] >= 2
        for member in front["members"]:
            assert set(member["values"]) == {"acc", "traffic", "lat"}


def test_can_be_left_out(toy_shell: Any) -> None:
    script = (
        "import os; os.environ['MONAS_PLUGINS'] = '-monas-toy'\n"
        "from monas_core.cli.main import main\n"
        "import sys; sys.argv = ['monas', 'plugins', '--json']; main()"
    )
    rows = json.loads(toy_shell.python("-c", script).stdout)
    states = {row["state"] for row in rows if row["provider"] == "monas-toy"}
    assert states == {"disabled"}
    assert any(row["name"] == "gpt" and row["state"] == "ok" for row in rows)

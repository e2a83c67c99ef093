"""Bad input: exit code 2, one clear sentence on standard error, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

QUICK = ("--objectives", "acc,lat,energy", "--devices", "pixel-6-cpu,rtx-4090")

BAD = [
    (("rnu",), 'No command "rnu". Did you mean "run"?'),
    (("run", "--devces", "host"), "--devces"),
    (("run", "--space", "gpt", "--budget"), "Help: monas run --help"),
    (("run",), "No search space was named"),
    (("run", "--space", "gtp"), 'No search space "gtp". Did you mean "gpt"'),
    (("run", "--space", "gpt", "--preset", "huge"), 'no preset "huge"; it has: tiny'),
    (("run", "--space", "gpt", "--objectives", "acc,enrgy"), 'Did you mean "energy"'),
    (("run", "--space", "gpt", "--objectives", ""), "No objective was named"),
    (("run", "--space", "gpt", "--objectives", "acc,acc"), "named twice"),
    (("run", "--space", "gpt", "--devices", "rtx-4091"), 'Did you mean "rtx-4090"'),
    (("run", "--space", "gpt", "--devices", "t4", "--held-out", "t4"), "both searched and held"),
    (("run", "--space", "gpt", "--task", "pystdlb"), 'Did you mean "pystdlib"'),
    (("run", "--space", "gpt", "--task", "text:/no/such"), "/no/such"),
    (("run", "--space", "gpt", "--task", "text:empty.txt"), "empty.txt"),
    (("run", "--space", "gpt", "--optimizer", "mdnas"), 'Did you mean "modnas"'),
    (("run", "--space", "gpt", "--budget", "ten"), "120s, 60steps or 200evals"),
    (("run", "--space", "gpt", "--budget", "0s"), "120s, 60steps or 200evals"),
    (("run", "--space", "gpt", "--seed", "-4"), "seed must be at least 0"),
    (("run", "--space", "gpt", "--seed", "x"), "--seed"),
    (("run", "--space", "gpt", "--preferences", "0"), "preferences must be at least 1"),
    (("run", "--space", "gpt", "--torch-device", "tpu"), "choose one of auto, cpu, cuda"),
    (("run", "--space", "gpt", "spcae=1"), 'spcae: unknown key; did you mean "space"?'),
    (("run", "--space", "gpt", "warm_up.stps=3"), "warm_up.stps: unknown key; did you mean"),
    (("run", "--space", "gpt", "--set", "warm_up.steps=many"), "warm_up.steps: "),
    (("run", "--space", "gpt", "nonsense"), "write key.path=value"),
    (("run", "--space", "gpt", "options.optimizer.hiden=3"), "options.optimizer.hiden: unknown"),
    (("run", "--space", "gpt", "--config", "missing.yaml"), "missing.yaml"),
    (("run", "--space", "gpt", "--config", "broken.yaml"), "broken.yaml is not valid YAML"),
    (("run", "--space", "gpt", "--config", "odd.yaml"), "warm_up.stps: unknown key"),
    (("run", "--space", "gpt", *QUICK, "--out-dir", "used"), "used is already used"),
    (("run", "--space", "gpt", *QUICK, "--out-dir", "empty.txt/run"), "cannot be written"),
    (("run", "--resume", "used"), "used is not a run folder"),
    (("run", "--resume", "auto"), "There is no unfinished run"),
    (("run", "--resume", "used", "--seed", "1"), "leave out --seed"),
    (("front",), "There is no run in runs/"),
    (("front", "used"), "used is not a run folder: it has no config.yaml. Name one"),
    (("front", "gone"), "gone is not a run folder: there is nothing of that name"),
    (("front", "--json", "--csv"), "exclude each other"),
    (("watch", "--speed", "0"), "--speed must be positive"),
    (("watch", "used"), "used is not a run folder"),
    (("pick", "used"), "used is not a run folder"),
    (("plugins", "--kind", "spaces"), 'No kind of plugin "spaces"'),
    (("info", "gtp"), 'Did you mean the space "gpt"?'),
    (("info", "gpt", "--preset", "huge"), 'no preset "huge"'),
    (("info", "gpt", "--kind", "device"), 'No device "gpt"'),
]  # fmt: skip


@pytest.fixture
def prepared(nowhere):
    (nowhere / "used").mkdir()
    (nowhere / "used" / "something").touch()
    (nowhere / "empty.txt").touch()
    (nowhere / "broken.yaml").write_text("a: [1\n")
    (nowhere / "odd.yaml").write_text("warm_up:\n  stps: 3\n")
    return nowhere


@pytest.mark.parametrize(("words", "wanted"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input_is_refused_in_one_sentence(cli, prepared, words, wanted):
    before = sorted(prepared.rglob("*"))
    outcome = cli(*words)
    assert outcome.code == 2, outcome
    assert wanted in outcome.err
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1, "one line, no traceback"
    assert outcome.out == ""
    assert sorted(prepared.rglob("*")) == before, "nothing half-written"


def test_no_memory_for_the_preset(cli, nowhere, monkeypatch):
    monkeypatch.setattr("monas_core.running.memory.available_bytes", lambda: 2**20)
    outcome = cli("run", "--space", "gpt", *QUICK)
    assert outcome.code == 2
    assert "GB" in outcome.err
    assert not list(nowhere.iterdir())


def test_a_read_only_folder_is_refused(nowhere):
    """As another user, since root may write everywhere."""
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    nowhere.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-m", "monas_core.cli.main", "run", "--space", "gpt", *QUICK],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_debug_shows_where_a_fault_came_from(nowhere):
    from monas_core.cli.main import main
    from monas_core.errors import UsageError

    with pytest.raises(UsageError):
        main(["run", "--space", "gtp", "--debug"])


def test_faults_of_plugins_have_their_own_exit_code(cli, nowhere, monkeypatch):
    from monas_core.catalog.specs import Entry, Spec
    from monas_core.errors import PluginError

    def fail(self):
        raise PluginError("it broke")

    assert Spec
    monkeypatch.setattr(Entry, "load", fail)
    outcome = cli("info", "modnas")
    assert (outcome.code, outcome.err) == (3, "error: it broke\n")


def test_dry_run_says_what_would_run_and_writes_nothing(cli, nowhere):
    words = ("run", "--space", "gpt", *QUICK, "--held-out", "t4", "--budget", "30steps",
             "--seed", "5", "warm_up.steps=7", "--dry-run")  # fmt: skip
    outcome = cli(*words)
    assert outcome.code == 0
    for wanted in ("pixel-6-cpu, rtx-4090", "t4", "30steps", "tiny", "pystdlib", "Nothing was"):
        assert wanted in outcome.out
    assert not list(nowhere.iterdir())


def test_settings_come_from_file_then_options_then_paths(cli, nowhere):
    import json

    (nowhere / "c.yaml").write_text("space: gpt\nseed: 1\nbudget: 9s\nwarm_up: {steps: 2}\n")
    words = ("run", "--config", "c.yaml", *QUICK, "--seed", "2", "--set", "warm_up.steps=4",
             "--dry-run", "--json")  # fmt: skip
    outcome = cli(*words)
    facts = json.loads(outcome.out)
    assert (facts["seed"], facts["budget"], facts["warm-up steps"]) == (2, "9s", 4)
    assert facts["devices"] == ["pixel-6-cpu", "rtx-4090"]

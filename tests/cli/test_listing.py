"""plugins, info, doctor and completion, on what is installed."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from monas_core.catalog.discovery import Discovery, Fault
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.cli import complete
from monas_core.cli.details import documented

KEYS = {"kind", "name", "provider", "version", "state", "summary"}


def test_plugins_json_has_the_documented_keys(cli):
    rows = json.loads(cli("plugins", "--json").out)
    assert all(set(row) >= KEYS for row in rows)
    assert {"space", "objective", "device", "task", "optimizer"} <= {row["kind"] for row in rows}
    assert all(row["state"] == "ok" for row in rows)
    assert {row["provider"] for row in rows} == {"monas"}


def test_plugins_of_one_kind(cli):
    outcome = cli("plugins", "--kind", "space")
    assert "gpt" in outcome.out
    assert "modnas" not in outcome.out


@pytest.fixture
def strange(monkeypatch):
    """A catalog with a stranger's command, and with faults."""
    entry = Entry("command", Spec("shout", "Says it loudly.", f"{__name__}:shout"), "loud", "2.0")
    faults = (
        Fault("bad", "sad", "0.1", "broken", "SyntaxError: [oops]"),
        Fault("gpt", "thief", "0.2", "refused", "offered by both", "space"),
        Fault("off", "quiet", "0.3", "disabled", "left out by MONAS_PLUGINS"),
    )
    real = Catalog.installed()
    catalog = Catalog(Discovery((*real.discovery.entries, entry), faults))
    monkeypatch.setattr(Catalog, "installed", classmethod(lambda cls: catalog))
    monkeypatch.setattr(Entry, "load", lambda self: shout if self.name == "shout" else None)
    return catalog


def shout(word: str) -> None:
    """Say it loudly."""
    sys.stdout.write(word.upper() + "\n")


def test_faults_are_listed_with_their_reason(cli, strange):
    rows = {row["name"]: row for row in json.loads(cli("plugins", "--json").out)}
    assert rows["bad"]["state"] == "broken"
    assert rows["bad"]["reason"] == "SyntaxError: [oops]"
    shown = cli("plugins").out
    for wanted in ("sad 0.1", "broken", "SyntaxError: [oops]", "refused", "disabled"):
        assert wanted in shown
    assert "thief" in cli("plugins", "--kind", "space").out


def test_a_stranger_may_add_a_command(cli, strange):
    assert cli("shout", "hello").out == "HELLO\n"
    assert "Say it loudly" in cli("shout", "--help").out
    assert 'Did you mean "shout"?' in cli("shuot").err


def test_info_of_a_faulty_plugin_says_what_is_wrong(cli, strange):
    outcome = cli("info", "bad")
    assert outcome.code == 3
    assert "SyntaxError: [oops]" in outcome.err


def test_info_of_everything_installed(cli):
    for entry in Catalog.installed().entries():
        if entry.kind == "task" and entry.name == "text":
            continue
        if any(importlib.util.find_spec(package) is None for package in entry.spec.extras):
            continue  # the install line is told instead
        document = json.loads(cli("info", entry.name, "--kind", entry.kind, "--json").out)
        assert document["name"] == entry.name
        assert "options" in document


def test_info_of_a_space_counts_architectures_and_weights(cli):
    document = json.loads(cli("info", "gpt", "--json").out)
    tiny = document["presets"][0]
    assert tiny["preset"] == "tiny"
    assert tiny["architectures"] > 1000
    assert 0 < tiny["weights"][0] < tiny["weights"][1]
    assert "Choices" in cli("info", "gpt").out


def test_info_of_other_kinds(cli, nowhere):
    assert "ms" in cli("info", "lat").out
    assert "source" in cli("info", "rtx-4090").out
    assert "bytes" in cli("info", "pystdlib").out
    assert "Options" in cli("info", "modnas").out
    assert "text:PATH" in cli("info", "text").out
    for number in range(12):
        (nowhere / f"{number}.txt").write_text(f"{number} lines of text to learn from\n" * 400)
    assert "bytes" in cli("info", f"text:{nowhere}").out


def test_doctor_reports_machine_devices_and_extras(cli):
    report = json.loads(cli("doctor", "--json").out)
    assert report["machine"]["cores"] >= 1
    assert report["torch"]["threads"] >= 1
    assert "host" in report["devices"]["measuring"]
    assert report["devices"]["problems"] == {}
    assert {"zeus"} <= {extra["package"] for extra in report["extras"]}
    assert all("install" in extra for extra in report["extras"])
    users = [user for extra in report["extras"] for user in extra["used_by"]]
    assert 'optimizer "qnehvi"' in users
    assert "monas" not in {extra["package"] for extra in report["extras"]}
    for extra in report["extras"]:
        assert len(set(extra["used_by"])) == len(extra["used_by"])
    page = cli("doctor").out
    answer = page[page.index("What can be measured here") : page.index("Optional packages")]
    assert re.search(r"latency +measured", answer)
    assert re.search(r"energy +(modelled|measured)", answer)
    assert not [line for line in answer.splitlines() if line.strip() and len(line.split()) < 2]


@pytest.mark.parametrize("name", ["run", "watch", "doctor"])
def test_help_calls_no_flag_a_bool(cli, name):
    page = cli(name, "--help").out
    assert "--help" in page
    assert "bool" not in page.lower()


def test_documented_reads_the_attributes_of_a_docstring():
    text = "Head.\n\nMore.\n\nAttributes:\n    a: One\n        and more.\n    b, c: Two.\n\nEnd."
    assert documented(text) == {"a": "One and more.", "b": "Two.", "c": "Two."}


def test_completions_of_comma_lists_complete_the_last_name():
    several = complete.of("objective", several=True)
    assert {value for value, _ in several("acc,la")} == {"acc,lat", "acc,latency"}
    assert "acc" not in {value for value, _ in several("acc,acc")}
    assert {value for value, _ in complete.of("space")("gp")} == {"gpt"}
    assert "modnas" in {value for value, _ in complete.anything("mod")}
    assert complete.kinds("sp") == ["space"]


def test_completions_of_runs_are_newest_first(nowhere):
    for name in ("gpt-1", "gpt-2"):
        (nowhere / "runs" / name).mkdir(parents=True)
        (nowhere / "runs" / name / "config.yaml").touch()
    assert complete.runs("runs/g") == ["runs/gpt-2", "runs/gpt-1"]


def completed(words: str) -> list[str]:
    environment = {
        **os.environ, "_MONAS_COMPLETE": "complete_bash", "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "monas_core.cli.main"], env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


def test_the_shell_completes_commands_options_and_plugins():
    assert "plugins" in completed("monas pl")
    assert "--held-out" in completed("monas run --he")
    assert completed("monas run --space g") == ["gpt"]
    assert "rtx-4090" in " ".join(completed("monas run --devices host,rtx-4"))


def test_the_completion_script_can_be_shown(cli, monkeypatch):
    done = subprocess.run(
        [sys.executable, "-m", "monas_core.cli.main", "--show-completion", "bash"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )  # fmt: skip
    assert "_MONAS_COMPLETE" in done.stdout


def test_words_of_the_screens_are_explained(cli):
    assert "no member is beaten by another" in cli("info", "front").out
    assert "Not searched" in cli("info", "held", "out").out
    everything = cli("info")
    assert all(word in everything.out for word in ("hypervolume", "supernet", "wish"))
    assert json.loads(cli("info", "supernet", "--json").out)["kind"] == "term"
    assert cli("info", "energy").out.startswith("objective energy"), "a plugin goes first"
    assert 'Did you mean the word "hypervolume"?' in cli("info", "hypervolum").err


def test_a_task_is_told_with_options_as_a_run_has_them(cli, nowhere) -> None:
    Path("a.txt").write_text("some text that goes on\n" * 200)
    done = cli("info", "text:a.txt", "options.task.context=32", "--json")
    assert json.loads(done.out)["facts"]["context"] == "32 bytes"
    done = cli("info", "text:a.txt", "options.task.contxt=32")
    assert done.code == 2
    assert "options.task.contxt" in done.err
    done = cli("info", "gpt", "options.task.context=32")
    assert done.code == 2
    assert "monas info takes options of tasks" in done.err

"""Plugins that misbehave are reported and harm nobody else."""

from __future__ import annotations

import json
from typing import Any

BROKEN = "raise RuntimeError('half installed')\n"
THIEF = """
from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec

@hookimpl
def monas_spaces():
    return [Spec("gpt", "Not the space you think.", "nowhere:Nothing"),
            Spec("mine", "An honest one.", "nowhere:Nothing", provides={"supernet"})]
"""
LOUD = """
import sys
print("hello from a plugin")
sys.exit(3)
"""
SMALL = ("--space", "gpt", "--devices", "t4", "--objectives", "acc,lat", "--budget", "2steps")


def listing(shell: Any) -> list[dict[str, str]]:
    return json.loads(shell.monas("plugins", "--json").stdout)


def test_broken_and_thieving_plugins_are_reported(shell_with: Any) -> None:
    rows = listing(shell_with(broken=BROKEN, thief=THIEF))
    reported = {(row["provider"], row["name"]): row for row in rows if row["state"] != "ok"}
    assert set(reported) == {("monas-broken", "broken"), ("monas-thief", "gpt")}
    assert reported["monas-broken", "broken"]["state"] == "broken"
    assert "half installed" in reported["monas-broken", "broken"]["reason"]
    assert reported["monas-thief", "gpt"]["state"] == "refused"
    assert reported["monas-thief", "gpt"]["kind"] == "space"
    for provider in ("monas 0.1.0", "monas-thief 0.9"):
        assert provider in reported["monas-thief", "gpt"]["reason"]


def test_everything_else_stays_usable(shell_with: Any) -> None:
    quiet = {(r["kind"], r["name"]) for r in listing(shell_with()) if r["state"] == "ok"}
    shell = shell_with(broken=BROKEN, thief=THIEF)
    usable = {(r["kind"], r["name"]) for r in listing(shell) if r["state"] == "ok"}
    assert usable == quiet | {("space", "mine")}
    owners = [r["provider"] for r in listing(shell) if (r["kind"], r["name"]) == ("space", "gpt")]
    assert "monas" in owners


def test_a_run_beside_them_works(shell_with: Any) -> None:
    shell = shell_with(broken=BROKEN, thief=THIEF)
    shell.monas("run", *SMALL, "--dry-run", "--json")


def test_a_run_that_names_them_fails_with_the_reason(shell_with: Any) -> None:
    shell = shell_with(broken=BROKEN, thief=THIEF)
    done = shell.monas("run", "--space", "broken", "--dry-run", code=3)
    assert "monas-broken 0.9 is broken" in " ".join(done.stderr.split())
    assert "half installed" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    done = shell.monas("run", "--space", "mine", "--dry-run", code=3)
    assert "monas-thief 0.9" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_plugin_cannot_end_the_process_or_spoil_the_document(shell_with: Any) -> None:
    rows = [row for row in listing(shell_with(loud=LOUD)) if row["state"] != "ok"]
    assert [(row["provider"], row["state"]) for row in rows] == [("monas-loud", "broken")]

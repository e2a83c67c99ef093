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


DEFAULTS = """
from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec

@hookimpl
def monas_devices():
    return [Spec(name, "A board.", f"stranger_boards:{kind}", provides={"default-device"})
            for name, kind in (("no-start", "NoStart"), ("no-cost", "NoCost"))]


def NoStart():
    raise RuntimeError("no cable")


def NoCost():
    from monas_core.testing.fakes import ToyDevice

    class Board(ToyDevice):
        def cost(self, metric, architectures, context):
            raise OSError("no board")

    return Board("no-cost")
"""
LOOPING = """
from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec

@hookimpl
def monas_optimizers():
    return [Spec("looping", "Never ends.", "stranger_looping:make")]


@hookimpl
def monas_objectives():
    return [Spec("crash", "Crashes.", "stranger_looping:crash")]


def make():
    from monas_core.problem.optimizer import StepReport
    from monas_core.testing.fake_optimizer import ToyOptimizer

    class Looping(ToyOptimizer):
        def step(self):
            if not self._seen:
                return super().step()
            return StepReport("thinking")

    return Looping()


def crash(task):
    from monas_core.parts.objective import Objective

    class Crash(Objective):
        name, short, unit, direction = "crash", "crash", "x", "min"

        def evaluate(self, architectures, device, context, split="search"):
            context.network(architectures[0])(None)

    return Crash()
"""


def test_a_broken_default_device_does_not_block_the_first_command(shell_with: Any) -> None:
    shell = shell_with(boards=DEFAULTS)
    words = ("--space", "gpt", "--objectives", "acc,lat", "--dry-run", "--json")
    document = json.loads(shell.monas("run", *words).stdout)
    assert "host" in document["devices"]
    assert not {"no-start", "no-cost"} & set(document["devices"])
    start, cost = document["notes"]
    assert start.startswith('Default device "no-start" (monas-boards 0.9) is left out')
    assert "no cable" in start
    assert "OSError: no board" in cost
    done = shell.monas("run", *words, "--devices", "no-start", code=3)
    assert "no cable" in done.stderr


def test_a_search_that_never_ends_is_stopped_with_a_sentence(shell_with: Any) -> None:
    shell = shell_with(looping=LOOPING)
    words = ("--space", "gpt", "--devices", "t4", "--held-out", "", "--objectives", "acc,lat")
    done = shell.monas(
        "run", *words, "--optimizer", "looping", "--budget", "30evals", "warm_up.steps=1", code=3
    )
    told = " ".join(done.stderr.split())
    assert 'Optimizer "looping" took' in told
    assert "without a new evaluation" in told
    assert "Traceback" not in done.stderr


def test_an_exception_deep_in_a_run_names_the_one_at_fault(shell_with: Any) -> None:
    """The network of another plugin is given nonsense: its frame is innermost, its name is told."""
    shell = shell_with(looping=LOOPING)
    words = ("--space", "gpt", "--devices", "t4", "--held-out", "", "--budget", "1steps")
    words = (*words, "--objectives", "acc,crash", "--optimizer", "random", "warm_up.steps=1")
    done = shell.monas("run", *words, code=3)
    told = " ".join(done.stderr.split())
    assert "error:" in told
    assert "failed in" in told
    assert "Traceback" not in done.stderr
    assert "Traceback" in shell.monas("run", *words, "--debug", code=1).stderr


UNSOUND = """
from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec

@hookimpl
def monas_devices():
    return [Spec("jumpy", "Raises.", "stranger_unsound:make", provides={"default-devise"})]


def make():
    from monas_core.testing.fakes import ToyDevice

    class Jumpy(ToyDevice):
        def cost(self, metric, architectures, context):
            if len(architectures) > 1:
                return reply(architectures)
            return super().cost(metric, architectures, context)

    def reply(architectures):
        raise KeyError("no reply")

    return Jumpy("jumpy")
"""


def test_the_kit_says_what_is_wrong_where_and_what_to_read(shell_with: Any) -> None:
    shell = shell_with(unsound=UNSOUND)
    failed = json.loads(shell.monas("check", "jumpy", "--json", code=3).stdout)["failed"]
    rows = {row["contract"]: row for row in failed}
    words = rows["TestSpecs test capabilities are spelled as others know them[device:jumpy]"]
    assert words["message"].startswith('the Spec provides "default-devise", which nothing else')
    assert '"default-device" is known' in words["message"]
    raised = rows["TestDevices test costs are positive and finite[jumpy]"]
    assert raised["message"] == "KeyError: 'no reply'"
    assert raised["where"].startswith("stranger_unsound:make (monas-unsound 0.9), ")
    assert raised["where"].endswith("line 20, in reply")
    assert raised["read"] == "monas_core.parts.device.Device; docs/kit.md#devices"
    for row in failed:
        assert row["message"]
        assert row["where"]
        assert row["read"]

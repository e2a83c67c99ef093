"""The commands of docs/systems.md do what they say, with budgets of seconds."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

pytestmark = pytest.mark.filterwarnings("ignore")
PAGE = Path(__file__).parents[2] / "docs" / "systems.md"
SYSTEMS = ("OFA²", "PFNAG", "Edge TPU")
SMALL = (
    "--budget", "10evals", "--preferences", "4", "--torch-device", "cpu", "warm_up.steps=2",
    "warm_up.batch_size=4",
)  # fmt: skip
FEW = {
    "pfnag": ("options.optimizer.iterations=20", "options.optimizer.fitting=50"),
    "quality=predictor": ("options.optimizer.candidates=40", "options.optimizer.population=4"),
}
"""What makes one of the searches small, by a word of its command."""


def commands(system: str) -> list[str]:
    """What the page says to type, in order."""
    section = re.search(
        rf"^## {system}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    assert section is not None, system
    return re.findall(r"^    (monas .+)$", section[1], re.MULTILINE)


def test_every_system_has_its_commands() -> None:
    found = {system: [c.split()[1] for c in commands(system)] for system in SYSTEMS}
    assert all(words[0] == "run" for words in found.values())
    assert "pick" in found["PFNAG"]


def carried_out(cli, nowhere: Path, system: str, *, foreseeing: bool) -> None:
    """Run the section's commands that go by a predictor, or its others; RUN is the run before."""
    pytest.importorskip("pymoo")
    folder = nowhere
    chosen = [c for c in commands(system) if ("quality=predictor" in c) == foreseeing]
    assert chosen
    for number, command in enumerate(chosen):
        words = [str(folder) if word == "RUN" else word for word in shlex.split(command)[1:]]
        if words[0] != "run":
            done = cli(*words)
            assert done.code == 0, f"{command}: {done.err}"
            continue
        folder = nowhere / str(number)
        if "--devices" not in words:
            words += ["--devices", "raspberry-pi-5"]
        few = [option for word, options in FEW.items() if word in command for option in options]
        done = cli(*words, *SMALL, *few, "--held-out", "", "--out-dir", folder)
        assert done.code == 0, f"{command}: {done.err}"
        fronts = [json.loads(f.read_text()) for f in (folder / "front").glob("*.json")]
        assert fronts
        assert all(front["members"] or front["unmet"] for front in fronts)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_documented_commands_run(system: str, cli, nowhere: Path) -> None:
    carried_out(cli, nowhere, system, foreseeing=False)


@pytest.mark.slow
def test_the_documented_commands_with_a_predictor_run(cli, nowhere: Path) -> None:
    """Costs of a thousand networks are looked up by each."""
    carried_out(cli, nowhere, "OFA²", foreseeing=True)

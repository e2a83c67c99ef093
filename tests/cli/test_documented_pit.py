"""The commands of docs/systems-pit.md do what they say, with a small budget."""

from __future__ import annotations

import json
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.filterwarnings("ignore")
PAGE = Path(__file__).parents[2] / "docs" / "systems-pit.md"
SMALL = (
    "--budget", "24steps", "--preferences", "4", "--torch-device", "cpu", "warm_up.steps=8",
    "options.optimizer.strengths=2", "options.task.evaluated=100",
)  # fmt: skip


def test_the_documented_commands_run(cli, nowhere: Path) -> None:
    if find_spec("seglearn") is None:  # it is read, never imported
        pytest.skip("the package seglearn is not installed")
    pytest.importorskip("onnxruntime")
    commands = re.findall(r"^    (monas .+)$", PAGE.read_text(), re.MULTILINE)
    assert [command.split()[1] for command in commands] == ["run", "pick", "export"]
    for command in commands:
        words = shlex.split(command)[1:]
        done = cli(*words, *(SMALL if words[0] == "run" else ()))
        assert done.code == 0, f"{command}: {done.err}"
    front = json.loads((nowhere / "runs" / "pit" / "front" / "any.json").read_text())
    assert front["members"]
    facts = json.loads((nowhere / "small.onnx.use" / "task.json").read_text())
    sizes = [member["values"]["params"] for member in front["members"]]
    assert facts["network"]["parameters"] in sizes
    assert facts["usage"]["columns"] == ["ax", "ay", "az", "wx", "wy", "wz"]

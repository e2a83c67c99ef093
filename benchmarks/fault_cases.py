"""Four faults of somebody's own part, and what is said of each: stall, unit, blame, silence.

    python benchmarks/fault_cases.py

Each part is honest but for one fault. Without the checks of the engine the first search went on
for ever, the second took seconds for milliseconds, the third blamed the objective, and the fourth
was listed as a plugin that offers nothing, without a word.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import monas_core as monas
from monas_core.catalog.lint import without_marker
from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value


class Board(Device):
    """A device whose costs can be spoiled."""

    metrics = frozenset({"latency_ms"})

    def __init__(self, unit: str = "ms", missing: int = 0) -> None:
        self.unit, self.missing = unit, missing
        self.profile = DeviceProfile("board", "Board", "by hand", "fp32", 1, "modelled")

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """In the wrong unit, or of fewer than were asked for."""
        del metric
        asked = architectures[: len(architectures) - self.missing]
        return [Value(context.workload(a).total_flops / 1e6, self.unit, "modelled") for a in asked]


class Stalled(Optimizer):
    """Neither evaluates nor ends."""

    name = "stalled"

    def start(self, problem: Any, generator: Any) -> None:
        """Keep the problem."""
        self.problem = problem
        del generator

    def step(self) -> StepReport:
        """Nothing."""
        return StepReport("thinking")

    def propose(self, device: Device, wishes: Sequence[Any]) -> list[Architecture]:
        """The ends of the space."""
        return best_known(self.problem, [], device, wishes)

    def state_dict(self) -> dict[str, Any]:
        """There is none."""
        return {}

    def load_state_dict(self, state: Any) -> None:
        """There is none."""
        del state


def searched(folder: Path, **parts: Any) -> str:
    """What a short search with these parts says."""
    settings: dict[str, Any] = {
        "objectives": ["params", "lat"],
        "devices": Board(),
        "optimizer": "random",
        "budget": "2steps",
        "preferences": 4,
        "warm_up": {"steps": 1, "batch_size": 2},
    }
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            monas.search("gpt", **{**settings, **parts}, held_out=[], out_dir=folder)
    except monas.MonasError as fault:
        return " ".join(str(fault).split())
    return "nothing"


def forgotten(folder: Path) -> str:
    """What is said of a module with a hook that pluggy does not see; nothing is written."""
    del folder
    module = types.ModuleType("acme_plugin")
    code = "def monas_spaces():\n    return []\n"
    exec(compile(code, "acme_plugin.py", "exec"), vars(module))
    return without_marker(module, [])


CASES: dict[str, tuple[str, Callable[[Path], str]]] = {
    "stall": (
        "an optimizer that neither finishes nor evaluates: 35,000 events a minute, for ever",
        lambda folder: searched(
            folder, optimizer=Stalled(), budget="30evals", objectives=["acc", "lat"]
        ),
    ),
    "unit": (
        "seconds passed as milliseconds",
        lambda folder: searched(folder, devices=Board(unit="s")),
    ),
    "blame": (
        "a device that leaves out one cost: the objective was named",
        lambda folder: searched(folder, devices=Board(missing=1)),
    ),
    "silence": ("a hook without @hookimpl: no word", forgotten),
}


def main() -> None:
    """Print every case."""
    for name, (before, carry_out) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            begin = time.perf_counter()
            after = carry_out(Path(folder) / "run")
            took = time.perf_counter() - begin
        print(f"{name} ({took:.1f} s)\n  before: {before}\n  after:  {after}")


if __name__ == "__main__":
    main()

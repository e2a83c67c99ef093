"""A notebook in one file: every part is a class of its own, and none is in a package.

``python notebook_script.py FOLDER die`` is killed during the search; with ``whole`` it searches
without a break, with ``go on`` it takes up the killed run and goes on with what it found.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import monas_core as monas
from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace, WarmUp
from monas_core.parts.task import Batch, Score, Task
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.values.architecture import Architecture, Choice
from monas_core.values.choices import ChoiceSet
from monas_core.values.population import decode
from monas_core.values.value import Value

FEATURES, KINDS = 4, 3


class Layers(SearchSpace):
    """Perceptrons of one or two hidden layers."""

    name = "layers"
    modalities = frozenset({"table"})
    presets = ("only",)

    def __init__(self) -> None:
        self.preset = "only"
        self.choices = ChoiceSet(
            "layers", 1, [Choice("depth", (1, 2), ordered=True), Choice("width", (4, 8, 16))]
        )
        self.warm_up = WarmUp(steps=6, batch_size=8, learning_rate=5e-3)

    @classmethod
    def tiny(cls) -> Layers:
        return cls()

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        width = int(architecture["width"])
        sizes = [FEATURES, *[width] * int(architecture["depth"])]
        layers = nn.Sequential()
        for number, (a, b) in enumerate(itertools.pairwise(sizes)):
            layers.add_module(f"hidden{number}", nn.Linear(a, b))
            layers.add_module(f"bend{number}", nn.Tanh())
        layers.add_module("head", nn.Linear(width, task.n_outputs))
        return layers


class Quadrants(Task):
    """Which of three kinds four numbers are of."""

    name = "quadrants"
    modality = "table"
    score = Score("hits", "%", "max")
    n_outputs = KINDS

    def __init__(self, noise: float = 0.1) -> None:
        self.noise = noise

    def _drawn(self, size: int, generator: torch.Generator) -> Batch:
        x = torch.randn(size, FEATURES, generator=generator)
        y = (x[:, 0] + self.noise * x[:, 1] > 0).long() + (x[:, 2] > 0.5).long()
        return Batch(x, y)

    def describe(self) -> Mapping[str, Any]:
        return {"noise": self.noise}

    def batch(self, part: Any, size: int, generator: Any) -> Batch:
        return self._drawn(size, generator)

    def loss(self, outputs: Any, targets: Any) -> Tensor:
        return F.cross_entropy(outputs, targets, reduction="none")

    def evaluate(self, model: Any, part: Any) -> Mapping[str, float]:
        seed = ("train", "search", "test").index(part)
        batch = self._drawn(256, torch.Generator().manual_seed(seed))
        hits = model(batch.inputs).argmax(-1) == batch.targets
        return {"hits": 100.0 * float(hits.double().mean())}

    def example(self, batch: int) -> Tensor:
        return torch.zeros(batch, FEATURES)


class Hits(Objective):
    """Share of hits with shared weights."""

    name, short, query = "hits", "hits", True
    unit, direction = "%", "max"

    def evaluate(
        self, architectures: Sequence[Architecture], device: Any, context: Context, split: Any = ""
    ) -> list[Value]:
        part = "test" if split == "final" else "search"
        return [Value(context.scores(a, part)["hits"], "%", "measured") for a in architectures]


class Pause(Objective):
    """What a network takes on the desk."""

    name, short, device_metric = "pause", "pause", "latency_ms"
    unit, direction = "ms", "min"

    def evaluate(
        self, architectures: Sequence[Architecture], device: Any, context: Context, split: Any = ""
    ) -> list[Value]:
        return device.cost("latency_ms", architectures, context)


class Farther(Objective):
    """How far the choices are from the smallest."""

    name = short = "farther"
    unit, direction = "options", "max"

    def evaluate(
        self, architectures: Sequence[Architecture], device: Any, context: Context, split: Any = ""
    ) -> list[Value]:
        rows = [context.space.choices.to_indices(a) for a in architectures]
        return [Value(float(sum(row)), "options", "modelled") for row in rows]


class Desk(Device):
    """A machine that takes time for every weight."""

    metrics = frozenset({"latency_ms"})

    def __init__(self, per_weight_ms: float) -> None:
        self.per_weight_ms = per_weight_ms
        self.profile = DeviceProfile("desk", "Desk 1", "by hand", "fp32", 1, "modelled")

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        def weights(a: Architecture) -> float:
            width = float(a["width"])
            return width * (FEATURES + KINDS) + (width**2 if a["depth"] == 2 else 0)

        return [Value(self.per_weight_ms * weights(a), "ms", "modelled") for a in architectures]


class Dice(Optimizer):
    """Looks at architectures at random."""

    name: ClassVar[str] = "dice"

    def __init__(self, a_step: int) -> None:
        self.a_step = a_step

    def start(self, problem: Any, generator: torch.Generator) -> None:
        self.problem, self.generator = problem, generator
        self.seen: list[Architecture] = []

    def step(self) -> StepReport:
        rows = self.problem.draw(self.a_step, self.generator)
        drawn = decode(self.problem.choices, rows)
        for device in self.problem.devices:
            self.problem.evaluator.matrix(drawn, device)
        self.seen = list(dict.fromkeys([*self.seen, *drawn]))
        return StepReport("throwing")

    def propose(self, device: Device, wishes: Sequence[Any]) -> list[Architecture]:
        return best_known(self.problem, self.seen, device, wishes)

    def state_dict(self) -> dict[str, Any]:
        return {"generator": self.generator.get_state(), "seen": [a.to_json() for a in self.seen]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.generator.set_state(state["generator"])
        self.seen = [self.problem.choices.from_json(a) for a in state["seen"]]


def searched(folder: Path, **more: Any) -> monas.Run:
    return monas.search(
        Layers(), task=Quadrants(), objectives=[Hits, Pause()], devices=Desk(0.01), held_out=[],
        optimizer=Dice(a_step=1), budget="5steps", preferences=4, max={"pause": "5ms"},
        out_dir=folder, **more,
    )  # fmt: skip


def die(told: monas.Progress) -> None:
    if told.phase == "search" and told.done >= 3:
        os.kill(os.getpid(), signal.SIGKILL)


def fine_tuned(network: nn.Module) -> nn.Module:
    task, generator = Quadrants(), torch.Generator().manual_seed(1)
    optimizer = torch.optim.Adam(network.parameters(), 0.02)
    network.train()
    for _ in range(60):
        batch = task.batch("train", 64, generator)
        loss = task.loss(network(batch.inputs), batch.targets).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network


def main(folder: Path, what: str) -> None:
    if what == "die":
        searched(folder, progress=die)
    if what == "whole":
        searched(folder, progress=False)
    if what == "go on":
        run = searched(folder, progress=False, resume=True)
        member = run.pick()
        adopted = run.adopt(member, fine_tuned(run.load(member)))
        judged = run.evaluate(member, weights="trained")
        report = run.export(member, "safetensors", folder.parent / "model")
        answer = {
            "member": member.to_json(),
            "adopted": {"before": adopted["before"], "after": adopted["after"]},
            "judged": dict(judged.values),
            "exported": report["weights"],
            "rows": len(run.fronts(kind="rows")),
        }
        sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

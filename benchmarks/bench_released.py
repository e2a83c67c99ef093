"""The released way of MODNAS against ours: seconds of a step, and the front that time buys.

A yardstick of our own making (``released.py``), on a real supernet that both find trained alike,
with the same frozen cost predictor and the same devices. Two meanings of equal are told:

- equal batch: the batch one device has there is the whole batch of ours, so there every device
  sees as many samples as all devices together here;
- equal samples: every device sees as many samples here as there.

With ``--seconds`` both search for that long (CPU seconds; training of the supernet is not counted),
ours as it comes (predictor and queries) and as there (quality from the supernet). What they answer,
24 networks for each device, is evaluated on the search part; told is the hypervolume, the mean over
devices, beside how many evaluations the search itself paid for.

    python benchmarks/bench_released.py --space nasbench201 [--devices 19] [--rounds 5]
    python benchmarks/bench_released.py --space gpt --seconds 20 --seeds 2
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any, cast

import torch
from released import Released
from torch import Tensor

from monas_cells.flows import SinglePath
from monas_core.catalog.lookup import Catalog
from monas_core.problem import yardstick
from monas_core.record.config import load_config
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation
from monas_core.values.wish import wishes
from monas_gpt.sliced import sliced_head, sliced_layer
from monas_modnas.optimizer import MODNAS
from monas_modnas.options import Options

ASKED = 24


class Selected(SinglePath):
    """Only the chosen operation runs; the others add their weights, which are zero."""

    def __init__(self, answers: list[str], weights: Tensor, names: list[str]) -> None:
        super().__init__(answers)
        self._weights, self._names = weights, names

    def edge(self, number: int, operations: Any, x: Tensor) -> Tensor | None:
        """The chosen operation times its weight, plus the weights of the others."""
        found, own = super().edge(number, operations, x), self._weights[number]
        chosen = self._names.index(str(self._answers[number]))
        others = own.sum() - own[chosen]
        return others.expand_as(x) if found is None else own[chosen] * found + others


def cells(supernet: Any, inputs: Tensor, answer: Architecture, weights: Tensor) -> Tensor:
    """Logits of a cell network as the released code runs it."""
    names = list(supernet._space.everything()[0])
    answers = list(supernet._space.answers(answer))
    return supernet.network(inputs, Selected(answers, weights[0], names))


def gpt(supernet: Any, inputs: Tensor, answer: Architecture, weights: Tensor) -> Tensor:
    """Logits of a sliced GPT whose branches are multiplied by the weights of what was chosen."""
    choices, config = supernet.choices, supernet._config(answer)
    chosen = weights[0].max(-1).values
    gate = {choice.name: chosen[i] for i, choice in enumerate(choices.choices)}
    x = inputs
    for layer in range(len(config.heads)):
        before, x = x, sliced_layer(supernet.network, x, config, layer)
        own = gate[f"n_head_{layer}"] * gate[f"mlp_ratio_{layer}"] * gate["n_layer"]
        x = x * own if layer == 0 else before + (x - before) * own
    return sliced_head(supernet.network, x, config) * gate["embed_dim"] * gate["bias"]


RUNS: dict[str, Callable[..., Tensor]] = {"nasbench201": cells, "gpt": gpt}


def session_of(space: str, devices: int, seed: int, steps: int) -> Session:
    """A run whose supernet is trained and whose search has not begun."""
    known = Catalog.installed()
    names = [
        e.name
        for e in known.entries("device")
        if not e.spec.provides & {"measures-this-machine", "takes-argument"}
    ][:devices]
    config = {"space": space, "objectives": ["acc", "lat"], "devices": names, "held_out": []}
    config |= {"budget": "100000evals", "seed": seed}
    if space == "nasbench201":
        config |= {"task": "digits"}
    session = Session(resolve(load_config(None, config, [f"warm_up.steps={steps}"]), known))
    for _ in range(steps):
        session.trainer.step()
    session.context.require_supernet().eval()
    return session


class Rivals:
    """Both ways on one session.

    Args:
        session: With a trained supernet.
        batch: Samples of one pass.
    """

    def __init__(self, session: Session, batch: int, seed: int) -> None:
        self.session, self.batch = session, batch
        self.problem = session.problem
        options = Options(quality="supernet", supernet_batch=batch, preferences_per_step=1)
        self.ours = MODNAS(options)
        self.ours.start(self.problem, torch.Generator().manual_seed(seed))
        self.ours.step()  # fits the cost predictor
        landscape = self.ours._landscape
        self.targets = landscape.targets(self.problem.devices)
        self.features = landscape.cost.device_scale(self.targets.embedding)
        self.quality = self.ours._quality_loss()
        self.generator = torch.Generator().manual_seed(seed + 1)
        self.there_batch = batch
        self.there = Released(
            self.problem.choices, self.features, len(self.problem.objectives), self._losses
        )

    def _losses(self, relaxation: Relaxation, number: int) -> Tensor:
        context = self.session.context
        supernet, task = context.require_supernet(), context.require_task()
        assert self.quality is not None
        batch = task.batch("train", self.there_batch, self.generator)
        row = relaxation.weights.argmax(-1)
        (answer,) = population.decode(relaxation.choices, row)
        run = RUNS[context.space.name]
        outputs = run(supernet, batch.inputs, answer, relaxation.weights)
        low, width = self.quality.scale
        loss = (task.loss(outputs, batch.targets).mean() - low) / width
        landscape, own = self.ours._landscape, self.targets.rows(torch.tensor([number]))
        costs = landscape.costs(relaxation.features(), own)
        return landscape.assemble(loss.reshape(1, 1), costs)[0]

    def our_step(self) -> None:
        """One architecture step for all devices."""
        self.ours._architect.step(self.targets, self.features, 0.0, self.generator, self.quality)

    def their_step(self) -> None:
        """The same, one device after the other."""
        self.there.step(self.generator)


class AsItComes:
    """Our search with its defaults: rounds of queries, fits of the predictors, and steps.

    Args:
        session: With a trained supernet.
    """

    def __init__(self, session: Session) -> None:
        self.optimizer = MODNAS()
        self.optimizer.start(session.problem, torch.Generator().manual_seed(0))
        while self.optimizer._round == 0:
            self.optimizer.step()

    def round(self) -> int:
        """A whole one; how many steps of the hypernetwork it has."""
        number = self.optimizer._round
        while self.optimizer._round == number:
            self.optimizer.step()
        return self.optimizer.options.steps_per_round


def steps(space: str, devices: int, rounds: int, each: int) -> dict[str, list[float]]:
    """Seconds of a step of the hypernetwork for all devices, by whose it is.

    Ours with quality from the supernet, and as it comes, with a share of the queries and fits of
    its round; the released way with an equal batch and with equal samples.
    """
    session = session_of(space, devices, 0, 5)
    rivals, whole = Rivals(session, each * devices, 0), AsItComes(session)
    names = ("ours, supernet", "ours, whole round", "equal batch", "equal samples")
    spent: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        for name, found in spent.items():
            rivals.there_batch = each if name == "equal samples" else rivals.batch
            begin, count = time.perf_counter(), 1
            if name == "ours, whole round":
                count = whole.round()
            else:
                rivals.our_step() if name == "ours, supernet" else rivals.their_step()
            if number:
                found.append((time.perf_counter() - begin) / count)
    return spent


def fronts(space: str, devices: int, seconds: float, seed: int, each: int, warm: int) -> None:
    """Hypervolumes after equal times; a line for each way."""
    session = session_of(space, devices, seed, warm)
    rivals = Rivals(session, each * devices, seed)
    problem, evaluator = session.problem, session.evaluator
    scales = yardstick.scales(evaluator, problem.devices, "search")
    plain = MODNAS()
    plain.start(problem, torch.Generator().manual_seed(seed))
    ways: dict[str, Callable[[], object]] = {
        "released": rivals.their_step,
        "ours, supernet": rivals.our_step,
        "ours": plain.step,
    }
    for name, step in ways.items():
        queried, begin, count = len(evaluator.queried()), time.process_time(), 0
        while time.process_time() - begin < seconds:
            step()
            count += 1
        paid = len(evaluator.queried()) - queried
        found: list[float] = []
        for number, device in enumerate(problem.devices):
            if name == "released":
                answers = population.decode(problem.choices, rivals.there.asked(number, ASKED))
            elif name == "ours":
                answers = plain.portfolio(device, ASKED, wishes(session.plan.preferences, ()))
            else:
                rows = rivals.ours.answers.raw(device, torch.tensor(_lattice()))
                answers = population.decode(problem.choices, rows)
            points = evaluator.matrix(list(dict.fromkeys(answers)), device).numpy()
            found.append(scales[device.name].hypervolume(points))
        print(
            f"  seed {seed} {name:15s} {count:5d} steps, {paid:4d} evaluations, hypervolume "
            f"{statistics.fmean(found):.4f} (worst device {min(found):.4f})",
            flush=True,
        )


def _lattice() -> list[list[float]]:
    return [[i / (ASKED - 1), 1 - i / (ASKED - 1)] for i in range(ASKED)]


def main() -> None:
    """Times of steps, or fronts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", choices=list(RUNS), default="nasbench201")
    parser.add_argument("--devices", type=int, default=19)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--each", type=int, default=3, help="our samples for each device")
    parser.add_argument("--seconds", type=float, help="compare fronts after this long")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--warm-up", type=int, default=300)
    given = cast("Any", parser.parse_args())
    print(f"{given.space}, {given.devices} devices, {given.each * given.devices} samples in a pass")
    if given.seconds:
        for seed in range(given.seeds):
            fronts(given.space, given.devices, given.seconds, seed, given.each, given.warm_up)
        return
    spent = steps(given.space, given.devices, given.rounds, given.each)
    middle = {name: statistics.median(found) for name, found in spent.items()}
    for name, found in spent.items():
        ratios = [
            statistics.median(a / b for a, b in zip(found, spent[ours], strict=True))
            for ours in ("ours, supernet", "ours, whole round")
        ]
        print(
            f"  {name:17s} {middle[name] * 1e3:9.1f} ms ({min(found) * 1e3:.1f} to "
            f"{max(found) * 1e3:.1f})  {ratios[0]:.2f} x ours, supernet, {ratios[1]:.2f} x ours, "
            "whole round"
        )


if __name__ == "__main__":
    main()

"""Does pruning in training find small networks, and what does it find on recorded data?

First on series whose target is what they were 4, 8 and 12 steps ago; then on exercises recorded
by a smartwatch. For every strength: what is left of the seed network, and its loss on
data not seen before, beside the seed trained for as many steps, random masks of equal size
(several of them) and channels shrunk alike, trained for as many steps. Then whole runs of pit,
modnas and nsga2 on the same space, task and time.

    python benchmarks/bench_pit.py --seeds 3
    python benchmarks/bench_pit.py --data none --runs 60s
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import torch
from torch import Tensor, nn

import monas_core as monas
from monas_core.parts.gated import GatedSupernet, open_gates
from monas_core.parts.task import Task
from monas_core.seeding import seeded_construction
from monas_core.updater import Updater
from monas_pit.pruning import Aim, Lengths, Material, Pruning
from monas_series.options import SeriesOptions
from monas_series.series import load
from monas_tcn.space import TCNSpace

STRENGTHS = (0.03, 0.1, 0.3, 1.0)
RATE, GATE_RATE = 5e-3, 0.01
_WITHIN, _TRIES = 0.1, 1000
_RANDOM = 2
"""Random masks for each seed and strength: their losses are far apart."""


def lags(folder: Path, seed: int) -> Task:
    """A table of one noisy series, read as anyone's would be."""
    draw = np.random.default_rng(seed)
    x = draw.standard_normal(24_000).astype(np.float32)
    past = {lag: np.concatenate([np.zeros(lag, np.float32), x[:-lag]]) for lag in (4, 8, 12)}
    target = np.tanh(past[4] + past[8]) + 0.7 * past[12] + 0.2 * draw.standard_normal(len(x))
    path = folder / f"lags{seed}.csv"
    rows = (f"{a:.5f},{b:.5f}" for a, b in zip(x, target, strict=True))
    path.write_text("x,target\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return load(str(path), options=SeriesOptions(window=32, stride=4))


class Trial:
    """One seed: warm weights, and everything that is trained from them."""

    def __init__(self, task: Task, seed: int, lengths: Lengths) -> None:
        self.task, self.seed, self.lengths = task, seed, lengths
        with seeded_construction(seed):
            supernet = TCNSpace("tiny").supernet(task)
        self.supernet: GatedSupernet = supernet
        place = torch.device("cpu")
        self.material = Material(supernet, task, place, 64, RATE, GATE_RATE, 0.0)
        warming = Pruning(self.material, Aim(0.0, "weights"), lengths, seed)
        for _ in range(lengths.warm_up):
            warming.warm()
        self.warm = {name: value.clone() for name, value in supernet.state_dict().items()}

    def pruned(self, strength: float) -> tuple[Pruning, float]:
        """Pruned at a strength and tuned; its loss. Strength 0 is the seed itself."""
        self.supernet.load_state_dict(self.warm)
        pruning = Pruning(self.material, Aim(strength, "weights"), self.lengths, self.seed + 1)
        while not pruning.finished:
            if strength == 0.0:
                for gate in pruning.gates.values():
                    gate.data.fill_(1.0)
            pruning.step()
        assert pruning.network is not None
        return pruning, self.loss(pruning.network)

    def masked(self, gates: Mapping[str, Tensor]) -> float:
        """Masks that stay as they are, trained from the same weights for as many steps."""
        self.supernet.load_state_dict(self.warm)
        network = self.supernet.prune(gates).train()
        steps = self.lengths.masks + self.lengths.tuning
        updater = Updater(network, RATE, steps)
        generator = torch.Generator().manual_seed(self.seed + 1)
        for _ in range(steps):
            updater.update(self.material.loss(network, generator))
        return self.loss(network)

    def loss(self, network: nn.Module) -> float:
        """On the test part: mean square error over the target's variance, or cross-entropy."""
        scores = self.task.evaluate(network.eval(), "test")
        return scores["cross-entropy"] if "cross-entropy" in scores else 1.0 - scores["R2"]

    def near(self, size: float, draw: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
        """Of many settings the one whose size comes nearest."""
        best, off = open_gates(self.supernet), float("inf")
        for _ in range(_TRIES):
            gates = draw()
            with torch.no_grad():
                miss = abs(float(self.supernet.sizes(gates)["weights"]) / size - 1.0)
            if miss < off:
                best, off = gates, miss
            if off < _WITHIN / 5:
                break
        return best


def random_gates(supernet: GatedSupernet, generator: torch.Generator) -> dict[str, Tensor]:
    """Any number of any channels, and any filter."""
    found: dict[str, Tensor] = {}
    for name, length in supernet.gates.items():
        share = torch.rand((), generator=generator)
        if name.startswith("filter"):
            field = length - 4  # four dilations can be lost: 1, 2, 4 and 8
            keep = torch.arange(field) < share * (field + 1)
            level = torch.randint(5, (), generator=generator)
            fine = torch.arange(4) >= level
            found[name] = torch.cat([keep, fine]).float()
        else:
            found[name] = (torch.rand(length, generator=generator) < share).float()
    return found


def narrow_gates(supernet: GatedSupernet, share: float) -> dict[str, Tensor]:
    """The same share of the channels of every layer; every tap."""
    gates = open_gates(supernet)
    for name, length in supernet.gates.items():
        if not name.startswith("filter"):
            gates[name] = (torch.arange(length) < share * length).float()
    return gates


def told(values: Sequence[float]) -> str:
    spread = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
    return f"{mean(values):.3f}{spread}"


Row = tuple[float, ...]


def measured(task: Task, seed: int, lengths: Lengths) -> tuple[float, dict[float, Row]]:
    """Loss of the seed network; of each strength what is left and all losses."""
    trial = Trial(task, seed, lengths)
    seed_net, base = trial.pruned(0.0)
    generator = torch.Generator().manual_seed(seed)
    found: dict[float, Row] = {}
    for strength in STRENGTHS:
        pruning, loss = trial.pruned(strength)
        size = pruning.left
        kinds = list(pruning.architecture.choices.values())
        print(
            f"  seed {seed} strength {strength:g}: {size:.0f}, loss {loss:.3f}, {kinds}", flush=True
        )
        drawn = [
            trial.masked(trial.near(size, lambda: random_gates(trial.supernet, generator)))
            for _ in range(_RANDOM)
        ]
        shares = iter(np.linspace(0.02, 1.0, _TRIES))
        narrow = trial.near(size, lambda left=shares: narrow_gates(trial.supernet, next(left)))
        found[strength] = (
            size, seed_net.left / size, loss, loss / base, mean(drawn), trial.masked(narrow)
        )  # fmt: skip
        print(f"    random {', '.join(f'{value:.3f}' for value in drawn)}", flush=True)
    return base, found


def compare(tasks: Sequence[Task], lengths: Lengths) -> None:
    """One table over all seeds, one task each."""
    all_found = [measured(task, seed, lengths) for seed, task in enumerate(tasks)]
    print(f"seed network: loss {told([base for base, _ in all_found])} ({len(tasks)} seeds)")
    print("strength   weights   smaller   loss            of the seed's   random masks    narrower")
    for strength in STRENGTHS:
        rows = [found[strength] for _, found in all_found]
        sizes, ratios, losses, shares, drawn, narrow = map(list, zip(*rows, strict=True))
        print(
            f"{strength:8g} {mean(sizes):9.0f} {mean(ratios):8.1f}x   {told(losses)}"
            f"   {mean(shares):13.2f}   {told(drawn)}   {told(narrow)}"
        )


def searched(budget: str, folder: Path) -> None:
    """Whole runs of three optimizers on the same space, task, warm-up and time."""
    print(f"whole runs, warm-up of 200 steps, then {budget}: front of accuracy and weights")
    for optimizer in ("pit", "modnas", "nsga2"):
        run = monas.search(
            "tcn",
            task="series",
            objectives=["acc", "params"],
            optimizer=optimizer,
            budget=budget,
            out_dir=folder / optimizer,
            progress=False,
            warm_up={"steps": 200},
        )
        front = run.front("any")
        pairs = sorted((m.values["params"], m.values["acc"]) for m in front.members)
        best = {
            most: max((acc for size, acc in pairs if size <= most), default=0.0)
            for most in (250, 500, 1000, 2500, 6500)
        }
        shown = ", ".join(f"{acc:.1f} with {most}" for most, acc in best.items())
        told = f"hypervolume {front.hypervolume:.3f}, {len(pairs)} members, best % {shown}"
        print(f"{optimizer:7} {told}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--data", choices=["lags", "watch", "both", "none"], default="both")
    parser.add_argument("--runs", default="", help="budget of whole runs, such as 45s")
    parser.add_argument("--warm-up", type=int, default=200)
    parser.add_argument("--masks", type=int, default=300)
    parser.add_argument("--tuning", type=int, default=150)
    words = parser.parse_args()
    torch.set_num_threads(1)
    lengths = Lengths(words.warm_up, words.masks, words.tuning)
    with tempfile.TemporaryDirectory() as folder:
        if words.data in ("lags", "both"):
            print(f"lags 4, 8 and 12, {lengths.warm_up + lengths.masks + lengths.tuning} steps")
            compare([lags(Path(folder), seed) for seed in range(words.seeds)], lengths)
        if words.data in ("watch", "both"):
            task = load()
            print("exercises recorded by a smartwatch, cross-entropy on people not seen before")
            compare([task] * words.seeds, lengths)
        if words.runs:
            searched(words.runs, Path(folder))


if __name__ == "__main__":
    main()

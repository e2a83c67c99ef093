"""Training from picture files against training from memory: steps per second of one network.

JPEG files are made in a temporary folder. The largest network of a space is trained on one batch
that lies in memory (no data cost at all), on files read in this process, and on files read by
other processes; rounds are interleaved and medians compared, so that a busy machine slows all
alike.

    python benchmarks/bench_pictures.py [--preset small] [--size 64] [--workers 1 2] [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from monas_core.catalog.lookup import Catalog
from monas_core.parts.task import Batch, Task
from monas_core.updater import Updater
from monas_vision.imagefolder import load
from monas_vision.options import FolderOptions


def pictures(folder: Path, count: int, side: int) -> Path:
    """Photos of nothing: smooth noise, as heavy to decode as real ones."""
    for kind in range(2):
        (folder / str(kind)).mkdir(parents=True)
        for number in range(count // 2):
            noise = np.random.default_rng((kind, number)).integers(
                0, 256, (side // 8, side // 8, 3)
            )
            image = Image.fromarray(noise.astype(np.uint8)).resize((side, side))
            image.save(folder / str(kind) / f"{number}.jpg", quality=90)
    return folder


def stepper(task: Task, space: Any, batch: int, fixed: Batch | None) -> Callable[[], None]:
    """A step of training, on the task's batches or always on the same."""
    network = space.build(space.ends().largest, task).train()
    updater = Updater(network, 1e-3, 10_000)
    generator = torch.Generator().manual_seed(0)

    def step() -> None:
        found = fixed or task.batch("train", batch, generator)
        updater.update(task.loss(network(found.inputs), found.targets).mean())

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", default="mobilenetv3")
    parser.add_argument("--preset", default="ofa")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2])
    arguments = parser.parse_args()
    space = Catalog.installed().create("space", arguments.space, preset=arguments.preset)
    with tempfile.TemporaryDirectory() as place:
        folder = pictures(Path(place) / "p", arguments.count, arguments.side)
        kinds: dict[str, Callable[[], None]] = {}
        for workers in arguments.workers:
            options = FolderOptions(size=arguments.size, workers=workers)
            task = load(str(folder), options=options)
            if not kinds:
                fixed = task.batch("train", arguments.batch, torch.Generator().manual_seed(0))
                kinds["memory"] = stepper(task, space, arguments.batch, fixed)
            kinds[f"{workers} workers"] = stepper(task, space, arguments.batch, None)
        rates = measured(kinds, arguments.steps, arguments.rounds)
    print(f"{os.cpu_count()} cores, {torch.get_num_threads()} threads in the training, batch "
          f"{arguments.batch}, {arguments.size} px from JPEG of {arguments.side} px")  # fmt: skip
    for name, of in rates.items():
        ratios = [a / b for a, b in zip(of, rates["memory"], strict=True)]
        images = arguments.batch * statistics.median(of)
        print(f"{name:10s} {images:8.1f} images/s   of memory {statistics.median(ratios):.3f} "
              f"({min(ratios):.3f} to {max(ratios):.3f})")  # fmt: skip


def measured(
    kinds: dict[str, Callable[[], None]], steps: int, rounds: int
) -> dict[str, list[float]]:
    """Steps per second of every kind in every round."""
    for step in kinds.values():
        for _ in range(3):  # processes start with the second
            step()
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, step in kinds.items():
            begin = time.perf_counter()
            for _ in range(steps):
                step()
            rates[name].append(steps / (time.perf_counter() - begin))
    return rates


if __name__ == "__main__":
    main()

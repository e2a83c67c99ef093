"""Cost of one architecture step: all devices at once, one device, and a loop over devices.

Quality comes from the supernet (masked path) on the tiny GPT space. "19 at
once" and "1" see the same total batch; "loop" gives every device the full batch
in turn, as the released research code does. Rounds are interleaved and medians
are compared, so that a busy machine slows all three alike.

    python benchmarks/bench_step.py [--devices 19] [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from monas_core.catalog.lookup import Catalog
from monas_core.record.config import load_config
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_modnas.optimizer import MODNAS
from monas_modnas.options import Options


def prepared(devices: tuple[str, ...], batch: int) -> Callable[[], object]:
    """A function that makes one architecture step for these devices."""
    config = {"space": "gpt", "objectives": ["acc", "lat", "energy"], "devices": list(devices)}
    config |= {"held_out": [], "budget": "10steps"}
    session = Session(resolve(load_config(None, config), Catalog.installed()))
    options = Options(
        quality="supernet", supernet_batch=batch, cost_samples=32, preferences_per_step=3
    )
    optimizer = MODNAS(options)
    session.context.require_supernet().eval()
    optimizer.start(session.problem, torch.Generator().manual_seed(0))
    optimizer.step()  # fits the cost predictor
    targets = optimizer._landscape.targets(session.plan.devices)
    features = optimizer._landscape.cost.device_scale(targets.embedding)
    quality = optimizer._quality_loss()
    generator = torch.Generator().manual_seed(1)
    return lambda: optimizer._architect.step(targets, features, 0.0, generator, quality)


def main() -> None:
    """Time the three ways and print both ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=19)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--per-device", type=int, default=3, help="samples per device in a batch")
    arguments = parser.parse_args()
    plain = [
        e.name
        for e in Catalog.installed().entries("device")
        if not e.spec.provides & {"measures-this-machine", "takes-argument"}
    ]
    names = tuple(plain[: arguments.devices])
    batch = arguments.devices * arguments.per_device
    every, single = prepared(names, batch), prepared(names[:1], batch)
    every()
    single()
    seconds: dict[str, list[float]] = {"at once": [], "one": [], "loop": []}
    for _ in range(arguments.rounds):
        for label, step, repeats in (
            ("at once", every, 1),
            ("one", single, 1),
            ("loop", single, arguments.devices),
        ):
            begin = time.perf_counter()
            for _ in range(repeats):
                step()
            seconds[label].append(time.perf_counter() - begin)
    median = {label: statistics.median(values) for label, values in seconds.items()}
    print(f"batch {batch}, {len(names)} devices, {torch.get_num_threads()} threads")
    for label, value in median.items():
        print(f"{label:8s} {value * 1e3:8.1f} ms  (min {min(seconds[label]) * 1e3:.1f})")
    print(
        f"all devices at once / one device: {median['at once'] / median['one']:.2f} (target <= 1.5)"
    )
    print(f"loop / all at once: {median['loop'] / median['at once']:.1f} (target >= 8)")


if __name__ == "__main__":
    main()

"""Published sizes on this machine: GPT-S on long contexts and once-for-all on large images.

For each: some hundred steps of the warm-up, throughput against a plain loop of the same largest
network, memory, energy where a counter answers, and latency of subnets. Text is the one that is
always there; images are noise, as only time is looked at. ``benchmarks/gpu.sh`` calls it.

    python benchmarks/bench_real_size.py [--small] [--steps 200] [--only gpt]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import attrs
import torch
from bench_weight_step import ratio
from torch.utils.benchmark import Timer

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.record.config import load_config
from monas_core.record.peak import peak_mb
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_devices.meter import find_meter


@attrs.frozen
class Problem:
    """What is run.

    Attributes:
        space, preset, task: By name.
        settings: ``key.path=value``.
        wished: Settings that a task may not have.
    """

    space: str
    preset: str
    task: str | None
    settings: list[str]
    wished: list[str]


def problems(folder: Path, *, small: bool) -> list[Problem]:
    """The published sizes, or small ones that go through the same code."""
    context, batch = (64, 4) if small else (1024, 32)
    gpt = Problem(
        "gpt", "tiny" if small else "s", "pystdlib",
        [f"warm_up.batch_size={batch}", f"training.precision={'fp32' if small else 'bf16'}"],
        [f"options.task.context={context}"],
    )  # fmt: skip
    _images(folder, 32 if small else 224)
    ofa = Problem(
        "mobilenetv3", "small" if small else "ofa", f"imagefolder:{folder}",
        [f"warm_up.batch_size={8 if small else 64}", "training.channels_last=true"],
        [f"options.task.size={32 if small else 224}"],
    )  # fmt: skip
    return [gpt, ofa]


def _images(folder: Path, size: int) -> None:
    """A folder of noise, in the layout that every loader of images knows."""
    from PIL import Image

    generator = torch.Generator().manual_seed(0)
    for kind in ("a", "b"):
        (folder / kind).mkdir(parents=True)
        for number in range(40):
            pixels = torch.randint(256, (size, size, 3), generator=generator, dtype=torch.uint8)
            Image.fromarray(pixels.numpy()).save(folder / kind / f"{number}.jpg")


def planned(problem: Problem, torch_device: str) -> tuple[Plan, list[str]]:
    """The plan, and the settings that the task does not have."""
    flags = {"space": problem.space, "preset": problem.preset, "task": problem.task}
    flags |= {"objectives": ["flops", "params"], "devices": ["h100-sxm"], "held_out": []}
    flags |= {"torch_device": torch_device}

    def made(settings: list[str]) -> Plan:
        return resolve(load_config(None, flags, settings), Catalog.installed())

    try:
        return made(problem.settings + problem.wished), []
    except UsageError:
        return made(problem.settings), problem.wished


def throughput(plan: Plan, steps: int) -> dict[str, Any]:
    """Items per second of the warm-up, its losses and its memory."""
    session = Session(attrs.evolve(plan, warm_up=attrs.evolve(plan.warm_up, steps=steps)))
    if plan.torch_device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    trainer = session.trainer
    losses = [trainer.step().losses for _ in range(min(4, steps))]
    begin = time.perf_counter()
    while trainer.done < trainer.steps:
        losses.append(trainer.step().losses)
    seconds = max(1e-9, time.perf_counter() - begin)
    items = (steps - 4) * plan.warm_up.batch_size * plan.task.items_per_sample
    memory = peak_mb()
    if plan.torch_device.type == "cuda":
        memory = torch.cuda.max_memory_allocated() / 2**20
    first, last = (sum(told.values()) / len(told) for told in (losses[3], losses[-1]))
    return {"rate": items / seconds, "memory": memory, "first": first, "last": last,
            "session": session}  # fmt: skip


def latencies(session: Session) -> list[tuple[str, float, float | None]]:
    """Name, milliseconds and millijoules of an inference, by subnet."""
    plan, context = session.plan, session.context
    ends = plan.space.ends()
    rows = population.sample(plan.space.choices, 2, torch.Generator().manual_seed(0))
    random = population.decode(plan.space.choices, rows)
    named: list[tuple[str, Architecture]] = [("smallest", ends.smallest), ("largest", ends.largest)]
    named[1:1] = [(f"random {number}", some) for number, some in enumerate(random, start=1)]
    meter = find_meter(plan.torch_device)
    found: list[tuple[str, float, float | None]] = []
    for name, architecture in named:
        network, inputs = context.network(architecture).eval(), context.example(1)
        with torch.inference_mode():
            timer = Timer("network(inputs)", globals={"network": network, "inputs": inputs})
            time_ms = timer.blocked_autorange(min_run_time=0.3).median * 1e3
        joules = meter.joules(lambda n=network, x=inputs: n(x), 1.0) if meter else None
        found.append((name, time_ms, None if joules is None else 1e3 * joules))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="sizes for a CPU")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="gpt or mobilenetv3")
    parser.add_argument("--torch-device", default="auto")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for problem in problems(Path(folder), small=asked.small):
            if asked.only in (None, problem.space):
                report(problem, asked)


def report(problem: Problem, asked: argparse.Namespace) -> None:
    """Print the lines of one problem."""
    plan, unknown = planned(problem, asked.torch_device)
    item = plan.task.item
    where = plan.torch_device.type
    if where == "cuda":
        where = torch.cuda.get_device_name()
    shape = tuple(getattr(plan.task.example(1), "shape", ()))
    print(f"\n{problem.space} {problem.preset} on {where}, {plan.task.name}, inputs {shape}, "
          f"batch {plan.warm_up.batch_size}, {plan.warm_up.recipe.precision}")  # fmt: skip
    if unknown:
        print(f"  not known to this task, so left out: {', '.join(unknown)}")
    found = throughput(plan, asked.steps)
    print(f"  warm-up, {asked.steps} steps   {found['rate']:12.0f} {item}s/s   "
          f"loss {found['first']:.3f} to {found['last']:.3f}   "
          f"memory {found['memory']:.0f} MB")  # fmt: skip
    mine, theirs, share = ratio(plan, asked.rounds)
    items = plan.warm_up.batch_size * plan.task.items_per_sample
    print(f"  largest subnet   {items / mine:12.0f} {item}s/s   plain loop {items / theirs:12.0f}"
          f"   time ratio {share:.3f}")  # fmt: skip
    for name, time_ms, energy_mj in latencies(found["session"]):
        energy = "energy not counted here" if energy_mj is None else f"{energy_mj:.2f} mJ"
        print(f"  inference, {name:9s}   {time_ms:9.3f} ms   {energy}", flush=True)


if __name__ == "__main__":
    main()

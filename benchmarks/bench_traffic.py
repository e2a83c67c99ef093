"""Bytes that training steps of several processes send: counted on the wire against predicted.

Each number of processes gets a network of its own (``unshare``, which needs root), so that all that
crosses its loopback is theirs: the kernel's counter before and after some steps. Then, on paper,
the time of a step up to 1,000 GPUs.

    python benchmarks/bench_traffic.py [--ranks 2,4,8] [--steps 10]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import attrs
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.computing.joining import join
from monas_core.computing.launch import Launch
from monas_core.computing.ranks import Ranks
from monas_core.computing.traffic import Wire, seconds_of_a_step, sent_in_a_step
from monas_core.record.config import load_config
from monas_core.running.crew import END, Crew, serve, trained_together
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.running.session import Session

SETTLED = 2
GPT_S, TOKENS, ALONE_S = 124_000_000, 128 * 1024, 0.5
"""Numbers of its largest network, tokens of a step, and seconds of it at 200 TFLOP/s."""
WIRES = {
    "NVLink in a node, 300 GB/s": Wire(300e9, 5e-6),
    "400 Gbit/s a GPU": Wire(50e9, 1e-5),
    "25 Gbit/s a node": Wire(3.1e9, 3e-5),
}


def on_the_wire() -> int:
    """Bytes that this network's loopback has carried."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        if line.strip().startswith("lo:"):
            return int(line.split()[9])
    raise SystemExit("no loopback")


def stepped(plan: Plan, ranks: Ranks, steps: int) -> tuple[int, float]:
    """Bytes counted and predicted, of all processes together, in rank 0."""
    torch.set_num_threads(1)
    session = Session(attrs.evolve(plan, ranks=ranks))
    if ranks.number:
        serve(session)
        return 0, 0.0
    crew = Crew(session)
    supernet = session.context.require_supernet()
    counted, predicted = 0, 0.0
    for number in range(steps + SETTLED):
        before = on_the_wire()
        crew.step_together()
        trained_together(session)
        crew.stepped()
        if number >= SETTLED:
            time.sleep(0.05)  # until the last acknowledgements have come
            counted += on_the_wire() - before
            numbers = sum(p.numel() for p in supernet.parameters() if p.grad is not None)
            predicted += ranks.count * sent_in_a_step(numbers, ranks.count)
    ranks.tell({"do": END})
    return counted, predicted


def _child(plan: Plan, launch: Launch, steps: int, answers: Any) -> None:
    answers.put(stepped(plan, join(launch), steps))


def simulated(ranks: int, steps: int) -> dict[str, float]:
    """In this process's network, which is nobody else's."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29511"}
    flags = {"space": "gpt", "objectives": ["flops", "params"], "devices": ["h100-sxm"]}
    settings = ["warm_up.steps=1000", "warm_up.batch_size=8"]
    plan = resolve(load_config(None, flags | {"held_out": []}, settings), Catalog.installed())
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    launches = [Launch(number, ranks, number) for number in range(ranks)]
    processes = [fork.Process(target=_child, args=(plan, n, steps, answers)) for n in launches]
    for process in processes:
        process.start()
    counted, predicted = max(answers.get() for _ in processes)
    for process in processes:
        process.join()
    return {"ranks": ranks, "counted": counted / steps, "predicted": predicted / steps}


def on_paper() -> None:
    """Seconds of a step of GPT-S, and what of it is communication."""
    for name, wire in WIRES.items():
        for growing in (False, True):
            batch = "batch for each" if growing else "one batch for all"
            parts: list[str] = []
            for ranks in (2, 8, 32, 128, 1000):
                computing, sending = seconds_of_a_step(ALONE_S, GPT_S, ranks, wire, growing)
                rate = TOKENS * (ranks if growing else 1) / (computing + sending)
                share = sending / (computing + sending)
                parts.append(f"{ranks}: {rate / 1e6:.3g} M ({share:.0%})")
            print(f"{name:28s} {batch:18s} tokens/s (communication)  {'  '.join(parts)}")


def main() -> None:
    """Print counted against predicted, then the table on paper."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ranks", default="2,4,8")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(simulated(asked.one, asked.steps)))
        return
    for ranks in asked.ranks.split(","):
        command = ["unshare", "-n", sys.executable, __file__, "--one", ranks]
        command += ["--steps", str(asked.steps)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        told = json.loads(done.stdout.splitlines()[-1])
        counted, predicted = told["counted"] / 1e6, told["predicted"] / 1e6
        print(
            f"{ranks} ranks: {counted:.3f} MB a step on the wire, {predicted:.3f} predicted "
            f"({100 * (predicted / counted - 1):+.2f} %)",
            flush=True,
        )
    on_paper()


if __name__ == "__main__":
    main()

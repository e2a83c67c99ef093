"""What training members of the final fronts alone changes: quality, ranks, fronts.

Runs a search with ``--retrain`` and prints, for every device, the inherited and the retrained
quality of the members, how the two rank them (Spearman), and two hypervolumes by retrained
quality on one scale: of the front judged anew among all architectures that were retrained for
any device, and of the members that were chosen there by inherited quality.

    python benchmarks/bench_retrain.py --space nasbench201 [--retrain 300steps] [--members 12]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from ranks import spearman

from monas_core.api import search
from monas_core.run import Run
from monas_core.values.member import Front

DEVICES = ("h100-sxm", "raspberry-pi-4", "jetson-nano")


def report(front: Front, name: str) -> None:
    """One device in a few lines."""
    told = front.retrained
    if told is None:
        return
    trained = [member for member in front.members if member.retrained]
    kept = {member.key for member in told.members}
    print(f"{front.device}: {len(trained)} of {len(front.members)} members retrained")
    for member in trained:
        mark = "*" if member.key in kept else " "
        print(f"  {member.key}  {member.values[name]:9.4f} -> {member.retrained[name]:9.4f} {mark}")
    foreign = len(kept - {member.key for member in trained})
    print(
        f"  hypervolume by retrained quality: judged anew {told.hypervolume:.4f} "
        f"({len(kept)} members, {foreign} found for other devices), chosen by inherited quality "
        f"{told.inherited_hypervolume:.4f}; whole front by inherited quality "
        f"{front.hypervolume:.4f}"
    )


def overall(run: Run, name: str) -> str:
    """How inherited and retrained quality rank everything that was retrained."""
    members = {m.key: m for d in run.devices for m in run.front(d).members if m.retrained}
    columns = zip(*((m.values[name], m.retrained[name]) for m in members.values()), strict=True)
    inherited, retrained = columns
    rho = spearman(inherited, retrained)
    return f"Spearman of {name}, inherited and retrained: {rho:.3f} over {len(members)}"


def main() -> None:
    """One run on one space."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", required=True)
    parser.add_argument("--preset")
    parser.add_argument("--task")
    parser.add_argument("--retrain", default="300steps", help="of each architecture")
    parser.add_argument("--members", type=int, default=12, help="architectures at most")
    parser.add_argument("--budget", default="60evals")
    parser.add_argument("--optimizer")
    parser.add_argument("--warm-up", type=int, help="steps of the supernet, if not as recommended")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder of the run; without it a temporary one")
    asked = parser.parse_args()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = search(
            asked.space,
            preset=asked.preset,
            task=asked.task,
            objectives=["acc", "lat"],
            devices=DEVICES,
            optimizer=asked.optimizer,
            budget=asked.budget,
            preferences=24,
            seed=asked.seed,
            torch_device="cpu",
            warm_up={} if asked.warm_up is None else {"steps": asked.warm_up},
            retrain={"budget": asked.retrain, "members": asked.members},
            out_dir=asked.out or Path(folder) / "run",
        )
        for device in run.devices:
            report(run.front(device), "acc")
        seconds = run.folder.result()["seconds"]
        print(overall(run, "acc"))
        shares = ", ".join(f"{phase} {spent:.0f} s" for phase, spent in seconds.items())
        print(f"{shares}; {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()

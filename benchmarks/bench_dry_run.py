"""What ``--dry-run`` says of memory and time against what runs need.

Each configuration is estimated in one process and run in another; the peak is the resident memory
of that process (``ru_maxrss`` of the child), the time that of its warm-up in ``result.json``.

    python benchmarks/bench_dry_run.py [--only 0,1]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

COMMON = ["--objectives", "acc,flops", "--devices", "h100-sxm", "--optimizer", "random"]
COMMON += ["--budget", "2evals", "--preferences", "2", "--json"]
CONFIGURATIONS = [
    ["--space", "gpt", "warm_up.steps=60"],
    ["--space", "gpt", "warm_up.steps=12", "warm_up.batch_size=256"],
    ["--space", "hat", "warm_up.steps=12", "warm_up.batch_size=128"],
    ["--space", "mobilenetv3", "warm_up.steps=12", "warm_up.batch_size=512"],
    ["--space", "gpt", "warm_up.steps=12", "warm_up.batch_size=256", "training.micro_batch=64"],
    ["--space", "gpt", "--preset", "s", "warm_up.steps=4", "warm_up.batch_size=4"],
]


def monas(arguments: list[str]) -> dict[str, object]:
    """What ``monas run --json`` prints."""
    command = [sys.executable, "-m", "monas_core", "run", *COMMON, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return json.loads(done.stdout)


def peak_of(arguments: list[str]) -> float:
    """Peak memory in MB of a run, in a process whose only child it is."""
    number = os.fork()
    if number == 0:
        monas(arguments)
        usage = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**10
        Path(arguments[-1], "peak").write_text(str(usage))
        os._exit(0)
    _, status = os.waitpid(number, 0)
    if status:
        raise SystemExit("the run failed")
    return float(Path(arguments[-1], "peak").read_text())


def main() -> None:
    """Print a line for each configuration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(map(str, range(len(CONFIGURATIONS)))))
    asked = parser.parse_args()
    for index in map(int, asked.only.split(",")):
        arguments = CONFIGURATIONS[index]
        said = monas([*arguments, "--dry-run"])
        expected, times = float(str(said["peak memory [MB]"])), said.get("time [s]")
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder, "run")
            measured = peak_of([*arguments, "--out-dir", str(run)])
            seconds = json.loads((run / "result.json").read_text())["seconds"]["warm-up"]
        warm_up = times["warm-up"] if isinstance(times, dict) else float("nan")
        print(
            f"{' '.join(arguments):80s} memory {expected:7.0f} MB, measured {measured:7.0f} "
            f"({100 * (expected / measured - 1):+.0f} %)  warm-up {warm_up:6.1f} s, "
            f"measured {seconds:6.1f} ({100 * (warm_up / seconds - 1):+.0f} %)",
            flush=True,
        )


if __name__ == "__main__":
    main()

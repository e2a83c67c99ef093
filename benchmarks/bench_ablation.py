"""One part of MODNAS exchanged at a time, on a problem of published measurements.

Runs ``monas bench`` with labelled variants; what is finished is kept in --out-dir. The
hypernetwork's parts (sampler, combination, scalariser, conditioning) are compared
where they decide: with ``refine=false``, its answers and the evaluated
architectures are all that compete.

    python benchmarks/bench_ablation.py [--problem nb201] [--budget 200evals] [--seeds 3]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
ALONE = {
    "alone": "",
    "alone-gdas": "sampler=gdas",
    "alone-gumbel": "sampler=gumbel",
    "alone-softmax": "sampler=softmax",
    "alone-mean": "combine=mean",
    "alone-pcgrad": "combine=pcgrad",
    "alone-sequential": "combine=sequential",
    "alone-sample": "combine=sample",
    "alone-linear": "scalariser=linear",
    "alone-chebyshev": "scalariser=chebyshev",
    "alone-hypervolume": "scalariser=hypervolume",
    "alone-bank": "hypernetwork=bank",
}
WHOLE = {
    "whole": "",
    "no-learning": "first_steps=1 steps_per_round=0",
    "no-optimism": "optimism=0",
    "bolder": "optimism=2",
    "no-caution": "caution=0",
    "bred": "enumerate=0",
    "long-rounds": "queries_per_round=40 round_share=1",
    "late-start": "initial_share=0.4",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--problem", default="nb201")
    parser.add_argument("--budget", default="200evals")
    parser.add_argument("--seeds", default="3")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--out-dir", default=str(RESULTS / "ablation"))
    arguments = parser.parse_args()
    settings: list[str] = []
    for label, text in {**ALONE, **WHOLE}.items():
        options = [*text.split(), *(["refine=false"] if label in ALONE else [])]
        settings += [f"{label}.{option}" for option in options]
    names = ",".join(f"{label}=modnas" for label in (*ALONE, *WHOLE))
    command = [sys.executable, "-m", "monas_core.cli.main", "bench", arguments.problem, *settings]
    command += ["--optimizers", names, "--budget", arguments.budget, "--seeds", arguments.seeds]
    command += ["--jobs", arguments.jobs, "--out-dir", arguments.out_dir]
    sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    main()

"""A whole run against the training of its supernet alone, for the same steps.

The run has the space's own warm-up (or ``--steps``), a search of so many evaluations, fronts with
final values and every file; the other loop takes the trainer's steps and nothing else. CPU seconds,
one after the other.

    python benchmarks/bench_whole.py [--space gpt] [--steps 300] [--budget 60evals]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from searching import search

from monas_core.catalog.lookup import Catalog
from monas_core.record.config import RunConfig, load_config
from monas_core.running.resolving import resolve
from monas_core.running.session import Session


def configured(space: str, steps: int | None, budget: str, folder: Path) -> RunConfig:
    """Two devices, three objectives."""
    devices = ["h100-sxm", "raspberry-pi-5"]
    config = {"space": space, "objectives": ["acc", "lat", "energy"], "budget": budget}
    config |= {"devices": devices, "held_out": [], "out_dir": str(folder)}
    return load_config(None, config, [f"warm_up.steps={steps}"] if steps else [])


def main() -> None:
    """Seconds of both, and of the parts of the run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", default="gpt")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--budget", default="60evals")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        config = configured(given.space, given.steps, given.budget, Path(place) / "run")
        begin = time.process_time()
        run = search(config)
        whole = time.process_time() - begin
        parts = json.loads((run.folder.path / "result.json").read_text())["seconds"]
        session = Session(resolve(config, Catalog.installed()))
        begin = time.process_time()
        for _ in range(session.trainer.steps):
            session.trainer.step()
        alone = time.process_time() - begin
    print(f"{given.space}, {session.trainer.steps} steps, {given.budget}, 2 devices, 3 objectives")
    print(
        f"  whole run      {whole:7.1f} s  ({', '.join(f'{k} {v:.1f}' for k, v in parts.items())})"
    )
    print(f"  training alone {alone:7.1f} s")
    print(f"  ratio          {whole / alone:7.2f}  (target <= 1.5)")


if __name__ == "__main__":
    main()

"""Start-up: `monas --help` against `python -c "import typer, rich"`, best of N.

With a run also how long its front takes as JSON, for which nothing is computed; with a device
profile, too, how long a pick for that device takes, the start of Python and the import of torch
included.

    python benchmarks/bench_startup.py [--repeats 15] [--run RUN [--profile FILE]]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 1.5
PICK_LIMIT_S = 2.0
READ_LIMIT_S = 0.4
MONAS = "import sys; from monas_core.cli.main import main; main(sys.argv[1:])"


def best(commands: list[list[str]], repeats: int) -> list[float]:
    """Best wall-clock seconds of each command, measured in turns so that load hits all alike."""
    seconds = [float("inf")] * len(commands)
    for _ in range(repeats):
        for index, command in enumerate(commands):
            begin = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds[index] = min(seconds[index], time.perf_counter() - begin)
    return seconds


def help_page(repeats: int) -> bool:
    """Whether the help page comes in time."""
    reference, ours = best(
        [[sys.executable, "-c", "import typer, rich"], [sys.executable, "-c", MONAS, "--help"]],
        repeats,
    )
    ratio = ours / reference
    print(f"import typer, rich   {reference * 1e3:6.1f} ms")
    print(f"monas --help         {ours * 1e3:6.1f} ms")
    print(f"ratio                {ratio:6.2f}   (limit {LIMIT})")
    return ratio <= LIMIT


def reading(run: Path, repeats: int) -> bool:
    """Whether a stored front comes in time."""
    torch, ours = best(
        [
            [sys.executable, "-c", "import torch"],
            [sys.executable, "-c", MONAS, "front", str(run), "--json"],
        ],
        repeats,
    )
    print(f"import torch         {torch * 1e3:6.0f} ms")
    print(f"monas front --json   {ours * 1e3:6.0f} ms   (limit {READ_LIMIT_S * 1e3:.0f})")
    return ours <= READ_LIMIT_S


def pick(run: Path, profile: Path, repeats: int) -> bool:
    """Whether a pick for a device known by its profile comes in time."""
    asked = ["pick", str(run), "--device", str(profile)]
    torch, ours = best(
        [[sys.executable, "-c", "import torch"], [sys.executable, "-c", MONAS, *asked]], repeats
    )
    print(f"import torch         {torch * 1e3:6.0f} ms")
    print(f"monas pick           {ours * 1e3:6.0f} ms   (limit {PICK_LIMIT_S * 1e3:.0f})")
    return ours <= PICK_LIMIT_S


def main() -> int:
    """Print the times; 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--run", type=Path, help="finished run")
    parser.add_argument("--profile", type=Path, help="profile of a device for that run")
    given = parser.parse_args()
    held = help_page(given.repeats)
    if given.run:
        held &= reading(given.run, given.repeats)
    if given.run and given.profile:
        held &= pick(given.run, given.profile, given.repeats)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

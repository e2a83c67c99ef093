"""Start-up: `monas --help` against `python -c "import typer, rich"`, best of N.

Run: python benchmarks/bench_startup.py [--repeats 15]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

LIMIT = 1.5


def best(commands: list[list[str]], repeats: int) -> list[float]:
    """Best wall-clock seconds of each command, measured in turns so that load hits all alike."""
    seconds = [float("inf")] * len(commands)
    for _ in range(repeats):
        for index, command in enumerate(commands):
            begin = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds[index] = min(seconds[index], time.perf_counter() - begin)
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    reference, ours = best(
        [
            [sys.executable, "-c", "import typer, rich"],
            [sys.executable, "-c", "from monas_core.cli.main import main; main(['--help'])"],
        ],
        repeats,
    )
    ratio = ours / reference
    print(f"import typer, rich   {reference * 1e3:6.1f} ms")
    print(f"monas --help         {ours * 1e3:6.1f} ms")
    print(f"ratio                {ratio:6.2f}   (limit {LIMIT})")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())

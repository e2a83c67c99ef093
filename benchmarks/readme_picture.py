"""The README's picture of fronts, drawn from a finished run.

monas run --space gpt --objectives acc,lat,energy --out-dir runs/demo
python benchmarks/readme_picture.py runs/demo
"""

from __future__ import annotations

import argparse
from pathlib import Path

from monas_core.record.picture import draw
from monas_core.record.rundir import RunFolder
from monas_core.run import Run

TARGET = Path(__file__).parent.parent / "docs" / "images" / "fronts.png"


def main() -> None:
    """Draw ``docs/images/fronts.png``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, default=TARGET)
    given = parser.parse_args()
    run = Run.open(RunFolder.open(given.run).path)
    fronts = [run.front(device) for device in run.devices]
    held_out = sum(front.held_out for front in fronts)
    told = f"A small GPT on {len(fronts)} devices, {held_out} of which the search never saw"
    draw(given.out, fronts, told)
    print(given.out)


if __name__ == "__main__":
    main()

"""One parser, guided by coverage: needs ``pip install 'monas[fuzz]'``.

python tests/fuzz/atheris_main.py "config YAML" [options of libFuzzer, e.g. -runs=200000]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Feed it until something other than a refusal is raised."""
    import atheris

    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["monas_core", "monas_devices"]):
        import targets as kit
    folder = Path(tempfile.mkdtemp())
    target = kit.targets(folder / "work")[name] if (folder / "work").mkdir() is None else None
    seeds = folder / "seeds"
    seeds.mkdir()
    for number, seed in enumerate(target.seeds):
        (seeds / str(number)).write_bytes(seed)
    atheris.Setup([*sys.argv, str(seeds)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""One parser, guided by coverage: needs ``pip install 'monas[fuzz]'``.

python tests/fuzz/atheris_main.py "config YAML" [options of libFuzzer, e.g. -runs=200000]
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Feed it until something other than a refusal is raised."""
    import atheris

    name, path = sys.argv.pop(1), Path(__file__).with_name("targets.py")
    with atheris.instrument_imports(include=["monas_core", "monas_devices"]):
        spec = importlib.util.spec_from_file_location("fuzz_targets", path)
        assert spec is not None
        assert spec.loader is not None
        kit = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = kit
        spec.loader.exec_module(kit)
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

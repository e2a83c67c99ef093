"""Ships a subnet of every space: search, pick, train, export in every format, run elsewhere.

Elsewhere is a fresh virtual environment with the same libraries and without monas; the
exported models must answer as the subnet does (1e-4).

    python benchmarks/bench_ship.py [--spaces gpt,mobilenetv3] [--steps 20]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

import monas_core as monas
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import TAKES_ARGUMENT
from monas_core.errors import UsageError
from monas_core.export.subject import subject

STRANGER = Path(__file__).resolve().parents[1] / "tests" / "export" / "stranger.py"
NAMES = {"pt2": "model.pt2", "onnx": "model.onnx", "safetensors": "safetensors", "hf": "hf"}


def fresh_environment(folder: Path) -> Path:
    """A Python that sees the libraries of this one, but no package that lies elsewhere."""
    venv.create(folder, with_pip=False)
    libraries = Path(torch.__file__).resolve().parents[1]
    place = next(folder.glob("lib/python*/site-packages"))
    # a .pth file adds this folder alone: the .pth files in it, editable installs, are not read
    (place / "libraries.pth").write_text(f"{libraries}\n")
    python = folder / "bin" / "python"
    without = subprocess.run(
        [python, "-I", "-c", "import monas_core"], check=False, stderr=subprocess.DEVNULL
    )
    assert without.returncode != 0, "monas can be imported there"
    return python


def write_probes(run: Any, member: Any, folder: Path) -> None:
    """What the subnet answers to batches of several sizes and lengths."""
    network = run.load(member)
    item = subject(run.session, run.architecture(member), network)
    tensors: dict[str, Tensor] = {}
    probes: list[dict[str, Any]] = []
    for number, inputs in enumerate([*item.probes, tree_map(lambda x: x[:2], item.probes[0])]):
        leaves, structure = tree_flatten(inputs)
        names = [f"inputs.{number}.{index}" for index in range(len(leaves))]
        tensors |= {n: leaf.clone().contiguous() for n, leaf in zip(names, leaves, strict=True)}
        answers = item.outputs(inputs)
        given = [f"outputs.{number}.{index}" for index in range(len(answers))]
        tensors |= {n: leaf.clone().contiguous() for n, leaf in zip(given, answers, strict=True)}
        probes.append({"inputs": tree_unflatten(names, structure), "outputs": given})
    save_file(tensors, folder / "probes.safetensors")
    (folder / "probes.json").write_text(json.dumps(probes))


def ship(space: str, python: Path, folder: Path, steps: int) -> None:
    """All of it for one space; prints a line per format."""
    folder.mkdir()
    run = monas.search(
        space,
        objectives=["acc", "lat"],
        devices=["host"],
        held_out=[],
        budget="10s",
        preferences=8,
        warm_up={"steps": steps},
        out_dir=folder / "run",
        progress=False,
    )
    member = run.pick("host", {"acc": 0.5, "lat": 0.5})
    trained = run.train(member, budget=f"{steps}steps")
    score = trained["score"]["name"]
    print(
        f"{space}: {member.key}, {score} {trained['before'][score]:.4f} before and "
        f"{trained['after'][score]:.4f} after {steps} steps alone"
    )
    reports: dict[str, Any] = {}
    for form, name in NAMES.items():
        try:
            reports[name] = run.export(member, form, folder / name)
        except UsageError as reason:
            print(f"  {form:12} -  {reason}")
    write_probes(run, member, folder)
    done = subprocess.run(
        [python, "-I", STRANGER, folder], check=True, capture_output=True, text=True, cwd="/"
    )
    for name, difference in json.loads(done.stdout).items():
        report = reports[name]
        line = f"  {report['format']:12} elsewhere {difference:.1e}  {report['bytes'] / 1e6:.2f} MB"
        if "latency" in report:
            line += (
                f"  onnxruntime {report['latency']['median_ms']:.3f} ms, "
                f"torch measured {member.values['lat']:.3f} ms, "
                f"predicted {member.predicted.get('lat', float('nan')):.3f} ms"
            )
        print(line, flush=True)
        assert difference <= 1e-4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spaces", default="")
    parser.add_argument("--steps", type=int, default=20)
    given = parser.parse_args()
    entries = Catalog.installed().entries("space")
    every = [
        e.name
        for e in entries
        if "supernet" in e.spec.provides and TAKES_ARGUMENT not in e.spec.provides
    ]
    with tempfile.TemporaryDirectory() as place:
        python = fresh_environment(Path(place) / "elsewhere")
        for space in given.spaces.split(",") if given.spaces else every:
            ship(space, python, Path(place) / space, given.steps)


if __name__ == "__main__":
    sys.exit(main())

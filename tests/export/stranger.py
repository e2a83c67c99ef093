"""Runs exported models in a process that refuses to import monas; prints differences as JSON.

The folder named on the command line holds models named after their formats, ``probes.safetensors``
and ``probes.json``: a list of ``{"inputs", "outputs"}``, inputs as they are given to a model and
outputs as a list, with names of tensors in place of tensors.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import warnings
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any


class Refusal(MetaPathFinder):
    """monas is not installed here."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if fullname.partition("_")[0] == "monas" or fullname.startswith("monas."):
            raise ModuleNotFoundError(fullname)


sys.meta_path.insert(0, Refusal())
warnings.simplefilter("ignore")

import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from torch.utils._pytree import tree_leaves, tree_map  # noqa: E402

Model = Callable[[Any], Any]


def pt2(path: Path) -> Model:
    return torch.export.load(path).module()  # pyright: ignore


def onnx(path: Path) -> Model:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_inputs()]

    def answer(inputs: Any) -> Any:
        arrays = [leaf.numpy() for leaf in tree_leaves(inputs)]
        found = session.run(None, dict(zip(names, arrays, strict=True)))
        return [torch.from_numpy(array) for array in found]

    return answer


def plain(path: Path) -> Model:
    spec = importlib.util.spec_from_file_location("model", path / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()


def stock(path: Path) -> Model:
    try:
        import torchvision  # noqa: F401
    except Exception:  # noqa: BLE001 - one that was built for another torch
        sys.modules["torchvision"] = None  # pyright: ignore
    from transformers import AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(path, local_files_only=True).eval()
    return lambda x: network(x).logits


LOADERS = {"model.pt2": pt2, "model.onnx": onnx, "safetensors": plain, "hf": stock}


def apart(model: Model, probe: Any, tensors: dict[str, torch.Tensor]) -> float:
    """Largest difference from what the subnet answered."""
    inputs, wanted = (tree_map(tensors.__getitem__, probe[side]) for side in ("inputs", "outputs"))
    got = tree_leaves(model(inputs))
    return max(float((a - b).abs().max()) for a, b in zip(got, wanted, strict=True))


def main(folder: Path) -> None:
    tensors = load_file(folder / "probes.safetensors")
    probes = json.loads((folder / "probes.json").read_text())
    found: dict[str, float] = {}
    for name, load in LOADERS.items():
        if not (folder / name).exists():
            continue
        model = load(folder / name)
        with torch.no_grad():
            found[name] = max(apart(model, probe, tensors) for probe in probes)
    assert not [name for name in sys.modules if name.startswith("monas")]
    sys.stdout.write(json.dumps(found))


main(Path(sys.argv[1]))

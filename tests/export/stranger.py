"""Runs exported models in a process that refuses to import monas; prints differences as JSON.

The folder named on the command line holds models named after their formats, and
``probes.safetensors`` with ``inputs.N`` and ``outputs.N``.
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


def pt2(path: Path) -> Callable[[torch.Tensor], torch.Tensor]:
    return torch.export.load(path).module()  # pyright: ignore


def onnx(path: Path) -> Callable[[torch.Tensor], torch.Tensor]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: torch.from_numpy(session.run(None, {name: x.numpy()})[0])


def plain(path: Path) -> Callable[[torch.Tensor], torch.Tensor]:
    spec = importlib.util.spec_from_file_location("model", path / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()


def stock(path: Path) -> Callable[[torch.Tensor], torch.Tensor]:
    try:
        import torchvision  # noqa: F401
    except Exception:  # noqa: BLE001 - one that was built for another torch
        sys.modules["torchvision"] = None  # pyright: ignore
    from transformers import AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(path, local_files_only=True).eval()
    return lambda x: network(x).logits


LOADERS = {"model.pt2": pt2, "model.onnx": onnx, "safetensors": plain, "hf": stock}


def main(folder: Path) -> None:
    probes = load_file(folder / "probes.safetensors")
    found: dict[str, float] = {}
    for name, load in LOADERS.items():
        if not (folder / name).exists():
            continue
        model = load(folder / name)
        with torch.no_grad():
            found[name] = max(
                float((model(probes[f"inputs.{n}"]) - probes[f"outputs.{n}"]).abs().max())
                for n in range(len(probes) // 2)
            )
    assert not [name for name in sys.modules if name.startswith("monas")]
    sys.stdout.write(json.dumps(found))


main(Path(sys.argv[1]))

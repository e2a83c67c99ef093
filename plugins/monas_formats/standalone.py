"""``safetensors``: weights, ``config.json`` and a ``model.py`` that imports no monas."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.utils._pytree import tree_flatten

from monas_core.errors import MonasError
from monas_core.export.check import compare
from monas_core.export.format import Format
from monas_core.export.program import Program, trace
from monas_core.export.subject import Subject
from monas_formats.source import Source, forward_source

_TEMPLATE = '''"""{title}

Needs torch and safetensors, nothing else. Weights and facts lie beside this file:

    from model import load
    network = load()
    outputs = network(inputs)

{inputs}
"""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent
BUFFERS = {buffers}
"""Tensors that are not trained."""


class Network(nn.Module):
    """{architecture}"""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        for name, value in weights.items():
            place = self
            *parents, last = name.split(".")
            for parent in parents:
                if parent not in place._modules:
                    place.add_module(parent, nn.Module())
                place = place.get_submodule(parent)
            if name in BUFFERS:
                place.register_buffer(last, value)
            else:
                place.register_parameter(last, nn.Parameter(value))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(iter(self.state_dict().values())).device

    def save_pretrained(self, folder: Path | str) -> None:
        """The folder once more, with the weights as they are now."""
        shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        save_file(self.state_dict(), Path(folder) / "model.safetensors")

    @classmethod
    def from_pretrained(cls, folder: Path | str = HERE) -> Network:
        """The network with the weights of such a folder, ready for inference."""
        return cls(load_file(Path(folder) / "model.safetensors")).eval()

    def forward(self, inputs):
        """{inputs}"""
        w = dict(self.named_parameters()) | dict(self.named_buffers())
        {forward}


def load(folder: Path = HERE) -> Network:
    """The network with its weights, ready for inference."""
    return Network.from_pretrained(folder)
'''


class Standalone(Format):
    """A folder: weights, facts, and the network as lines of plain Python."""

    loader: ClassVar[str] = "monas_formats.standalone_loader"
    packages: ClassVar[tuple[str, ...]] = ("torch", "numpy", "safetensors")

    def write(self, subject: Subject, path: Path) -> dict[str, Any]:
        """Write the folder, load it back as a stranger would, and compare.

        Raises:
            MonasError: It cannot be traced or said in plain Python, or answers otherwise.
        """
        path.mkdir()
        program = trace(subject)
        source = forward_source(program.exported, program.axes)
        weights = _weights(program, source)
        save_file(weights, path / "model.safetensors", metadata={"format": "pt"})
        (path / "model.py").write_text(_module_text(subject, program, source), encoding="utf-8")
        network = _imported(path / "model.py").load()

        def answer(inputs: Any) -> list[Tensor]:
            with torch.no_grad():
                return tree_flatten(network(inputs))[0]

        check = compare(subject, answer, "safetensors")
        config = {
            **subject.facts,
            "parameters": subject.parameters,
            "inputs": program.described(),
            "dynamic": program.limits(),
            "check": check,
            "torch": torch.__version__,
        }
        (path / "config.json").write_text(
            json.dumps(config, indent=2, allow_nan=False) + "\n", encoding="utf-8"
        )
        return {"check": check, "inputs": config["inputs"], "dynamic": config["dynamic"]}


def _weights(program: Program, source: Source) -> dict[str, Tensor]:
    """The tensors the source reads; one with two names is stored under both."""
    known = {**program.exported.state_dict, **program.exported.constants}
    found: dict[str, Tensor] = {}
    for name in source.weights:
        value = known[name]
        if not isinstance(value, Tensor):
            raise MonasError(f"The network holds {name}, which is no tensor and cannot be stored.")
        found[name] = value.detach().clone().contiguous()
    return found


def _module_text(subject: Subject, program: Program, source: Source) -> str:
    trained = set(program.exported.graph_signature.parameters)
    buffers = sorted(set(source.weights) - trained)
    facts = subject.facts["architecture"]
    answers = ", ".join(f"{key}={value}" for key, value in facts["choices"].items())
    shapes = [
        f"{item['name']} ({', '.join(map(str, item['shape']))}) {item['dtype']}"
        for item in program.described()
    ]
    return _TEMPLATE.format(
        title=f"Network {subject.facts['key']} of the search space {facts['space']}.",
        inputs=_quotable(f"Inputs: {', '.join(shapes)}."),
        buffers=_lines(buffers),
        architecture=_wrapped(_quotable(f"{answers}.")),
        forward="\n        ".join(source.lines),
    )


def _quotable(text: str) -> str:
    """Text that cannot end the docstring it stands in."""
    return text.replace("\\", "/").replace('"', "'")


def _lines(names: list[str]) -> str:
    inner = "".join(f'    "{name}",\n' for name in names)
    return "{\n" + inner + "}" if names else "frozenset()"


def _wrapped(text: str) -> str:
    import textwrap

    return "\n    ".join(textwrap.wrap(text, 88))


def _imported(path: Path) -> ModuleType:
    """The written module, under a name that is nobody else's."""
    spec = importlib.util.spec_from_file_location(f"_exported_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

"""``gguf``: one file for llama.cpp, with weights, sizes and the tokenizer.

Only a search space knows which of its networks llama.cpp has, so it says so: its spec provides
``ggml`` and it has the method of ``Ggml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol, cast

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from monas_core.errors import UsageError
from monas_core.export.check import compare
from monas_core.export.format import Format
from monas_core.export.subject import Subject
from monas_core.files import parse_json
from monas_core.tracing.storage import BLOCK, FULL
from monas_formats import gguf_loader, gguf_runtime
from monas_formats.gguf_tokens import fields

_KINDS = {8: "Q8_0", 4: "Q4_0"}
"""Of ggml, by the bits of their codes; rows that are no whole blocks stay as they are."""
CAPABILITY = "ggml"
"""What the spec of a space provides when the space is ``Ggml``."""


class Ggml(Protocol):
    """A search space whose networks llama.cpp has; it may name files as ``companions``."""

    def to_ggml(self, network: nn.Module) -> dict[str, Any]:
        """``architecture``, ``fields`` without the architecture's name before them, ``tensors``
        ``(out, in)`` by name, ``bits`` of those kept in few, and ``filled``: what was filled up
        with zeros, or ``None``.

        Raises:
            UsageError: This network has no such form; says what is in the way.
        """
        ...


class Gguf(Format):
    """One file, read back and computed in torch; and in llama.cpp where it is installed."""

    suffix: ClassVar[str] = ".gguf"
    loader: ClassVar[str] = "monas_formats.gguf_loader"
    packages: ClassVar[tuple[str, ...]] = ("torch", "numpy", "gguf")

    def write(self, subject: Subject, path: Path) -> dict[str, Any]:
        """Write, read back and compare.

        Raises:
            UsageError: llama.cpp has no such network.
            MonasError: What was written answers otherwise, here or in llama.cpp.
        """
        if CAPABILITY not in subject.capabilities:
            raise UsageError(
                f'Networks of space "{subject.space.name}" are none that llama.cpp knows; choose '
                "another --format."
            )
        found = cast("Ggml", subject.space).to_ggml(subject.network)
        rows = int(found["fields"]["vocab_size"])
        tokens, told = fields(_tokenizer(subject), rows)
        _save(path, found, {**tokens, "general.name": str(subject.facts["key"])})
        network = gguf_loader.load(path)

        def answer(inputs: Any) -> list[Tensor]:
            return tree_flatten(torch.from_numpy(network(inputs.numpy())))[0]

        return {
            "check": compare(subject, answer, "gguf"),
            "class": f"llama.cpp's {found['architecture']}",
            "filled": found["filled"],
            "tokenizer": told,
            "runtime": gguf_runtime.compared(subject, path),
        }


def _tokenizer(subject: Subject) -> Mapping[str, Any] | None:
    """That of the checkpoint the space was made from, else that of the task."""
    for file in getattr(subject.space, "companions", ()):
        if file.name == "tokenizer.json":
            return cast("Mapping[str, Any]", parse_json(file.read_text(encoding="utf-8")))
    text = subject.usage.files.get("tokenizer.json") if subject.usage is not None else None
    return cast("Mapping[str, Any]", parse_json(text)) if text is not None else None


def _save(path: Path, found: Mapping[str, Any], more: Mapping[str, Any]) -> None:
    import gguf

    kind = str(found["architecture"])
    writer = gguf.GGUFWriter(path, kind)
    values = {f"{kind}.{name}": value for name, value in found["fields"].items()} | dict(more)
    for name, value in values.items():
        if isinstance(value, bool):
            writer.add_bool(name, value)
        elif isinstance(value, int):
            writer.add_uint32(name, value)
        elif isinstance(value, float):
            writer.add_float32(name, value)
        elif isinstance(value, str):
            writer.add_string(name, value)
        else:
            writer.add_array(name, value)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    for name, tensor in found["tensors"].items():
        array = tensor.float().numpy()
        kind_ = _KINDS.get(found["bits"].get(name, FULL))
        if kind_ is None or array.shape[-1] % BLOCK:
            writer.add_tensor(name, array)
            continue
        kind_ = gguf.GGMLQuantizationType[kind_]
        writer.add_tensor(name, gguf.quants.quantize(array, kind_), raw_dtype=kind_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

"""A Hugging Face folder on disk: configuration, weights and tokenizer; never pickle.

Weights are read tensor by tensor straight to where they stay, so that never more than one of
them is in memory twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import torch
from torch import Tensor

from monas_core.errors import UsageError, did_you_mean
from monas_core.extras import quiet_transformers
from monas_core.files import parse_json
from monas_hf.families import FAMILIES, Family

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
COMPANIONS = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja", "generation_config.json",
)  # fmt: skip
"""What else lies in such a folder and goes along with its sub-networks."""
_PICKLED = ("pytorch_model*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
}  # fmt: skip
_LARGEST_HEADER = 100_000_000


@attrs.frozen
class Piece:
    """Where a tensor lies.

    Attributes:
        file: Which file.
        dtype: As stored.
        shape: Its own.
        begin: First byte in the file.
        size: Number of bytes.
    """

    file: Path
    dtype: torch.dtype
    shape: tuple[int, ...]
    begin: int
    size: int


class Checkpoint:
    """A folder that was looked at, weights left where they are.

    Attributes:
        folder: Where it lies.
        family: What it is.
        config: As transformers reads it, without dropout.

    Raises:
        UsageError: No folder, no configuration, or an architecture that is not known.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not folder.is_dir():
            raise UsageError(
                f'Space hf:{folder}: there is no folder "{folder}"; give the folder of a '
                "Hugging Face checkpoint, with config.json and *.safetensors."
            )
        document = _document(folder / "config.json", folder)
        self.family = _family(document, folder)
        self.config = configuration(document, folder)

    def pieces(self) -> Mapping[str, Piece]:
        """Every tensor by name, from the headers alone.

        Raises:
            UsageError: No weights, pickled ones, a missing shard, or a damaged header.
        """
        found: dict[str, Piece] = {}
        for file in self._files():
            found |= header(file)
        return found

    def tokenizer(self) -> Mapping[str, Any] | None:
        """``tokenizer.json``, or ``None`` where there is none. Raises UsageError if damaged."""
        path = self.folder / "tokenizer.json"
        return _document(path, self.folder) if path.is_file() else None

    def _files(self) -> list[Path]:
        index = self.folder / INDEX
        if index.is_file():
            places = _document(index, self.folder).get("weight_map")
            if not isinstance(places, dict) or not places:
                raise UsageError(f'"{index}" has no weight_map; copy the checkpoint again.')
            shards = sorted({self.folder / Path(str(name)).name for name in places.values()})
            missing = [shard.name for shard in shards if not shard.is_file()]
            if missing:
                raise UsageError(
                    f'Checkpoint "{self.folder}" lacks {missing[0]}, one of {len(shards)} files '
                    f"that {INDEX} names; copy it there."
                )
            return shards
        if (self.folder / SINGLE).is_file():
            return [self.folder / SINGLE]
        raise UsageError(self._no_weights())

    def _no_weights(self) -> str:
        pickled = sorted(file.name for glob in _PICKLED for file in self.folder.glob(glob))
        if not pickled:
            return (
                f'Checkpoint "{self.folder}" has no weights: neither {SINGLE} nor {INDEX}; '
                "copy them there."
            )
        where = str(self.folder).replace("'", "\\'")
        return (
            f'Checkpoint "{self.folder}" has its weights in {pickled[0]}, a pickle, which can run '
            'anything when it is read; convert it once, where you trust it: python -c "from '
            f"transformers import AutoModelForCausalLM as M; M.from_pretrained('{where}')"
            f".save_pretrained('{where}')\"."
        )


def configuration(document: Mapping[str, Any], where: Path | str) -> Any:
    """A configuration of transformers, attention set and dropout switched off.

    Dropout would draw from torch's global generator, and a resumed run would differ.

    Raises:
        UsageError: Something that a sub-network could not keep.
    """
    kept = {key: value for key, value in document.items() if key != "model_type"}
    try:
        with quiet_transformers():
            from transformers import AutoConfig

            config = AutoConfig.for_model(document["model_type"], **kept)
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(f'"{where}": config.json cannot be used: {reason}.') from error
    for name in ("resid_pdrop", "embd_pdrop", "attn_pdrop", "attention_dropout"):
        if hasattr(config, name):
            setattr(config, name, 0.0)
    config._attn_implementation = "sdpa"
    refused = {
        "attention over a sliding window": "sliding_attention"
        in (getattr(config, "layer_types", None) or ()),
        "attention scaled by the number of the layer": getattr(
            config, "scale_attn_by_inverse_layer_idx", False
        ),
        "cross-attention": getattr(config, "add_cross_attention", False),
    }
    for what, there in refused.items():
        if there:
            raise UsageError(
                f'Checkpoint "{where}" has {what}, which its sub-networks would not keep; take '
                "another one."
            )
    return config


def header(file: Path) -> Mapping[str, Piece]:
    """Tensors of a safetensors file by name.

    Raises:
        UsageError: Damaged, cut off, or with numbers of a kind that is not read.
    """
    total = file.stat().st_size
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if not 0 < length <= min(total, _LARGEST_HEADER):
                raise ValueError(f"a header of {length} bytes")
            document = parse_json(stream.read(length))
        found: dict[str, Piece] = {}
        for name, said in document.items():
            if name == "__metadata__":
                continue
            begin, end = said["data_offsets"]
            shape = tuple(int(size) for size in said["shape"])
            if said["dtype"] not in _DTYPES:
                raise UsageError(
                    f'"{file}": {name} is of type {said["dtype"]}, and {", ".join(_DTYPES)} are '
                    "read; take the checkpoint that is not quantised."
                )
            dtype = _DTYPES[said["dtype"]]
            if end - begin != math.prod(shape) * dtype.itemsize or 8 + length + end > total:
                raise ValueError(f"{name} does not fit into the file")
            found[name] = Piece(file, dtype, shape, 8 + length + begin, end - begin)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f'"{file}" is damaged or cut off ({" ".join(str(error).split())[:120]}); copy it again.'
        ) from error
    return found


def fill(places: Iterator[tuple[Tensor, Piece]]) -> None:
    """Read tensors to where they stay, converted to the precision there."""
    with ExitStack() as stack:
        opened: dict[Path, BinaryIO] = {}
        for place, piece in places:
            if piece.file not in opened:
                opened[piece.file] = stack.enter_context(piece.file.open("rb"))
            stream = opened[piece.file]
            stream.seek(piece.begin)
            fits = place.dtype == piece.dtype and place.is_contiguous() and place.is_cpu
            raw = place if fits else torch.empty(piece.shape, dtype=piece.dtype)
            if raw.numel():
                stream.readinto(raw.detach().view(-1).view(torch.uint8).numpy())  # pyright: ignore[reportAttributeAccessIssue]
            if raw is not place:
                place.copy_(raw)


def _document(path: Path, folder: Path) -> dict[str, Any]:
    try:
        found = parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f'Space hf:{folder}: "{folder}" has no {path.name}; give the folder of a Hugging Face '
            "checkpoint."
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(f'"{path}" cannot be read ({error}); copy it again.') from error
    if not isinstance(found, dict):
        raise UsageError(f'"{path}" holds no JSON object; copy it again.')
    return found


def _family(document: Mapping[str, Any], folder: Path) -> Family:
    kind = str(document.get("model_type"))
    if kind not in FAMILIES:
        raise UsageError(
            f'Checkpoint "{folder}" is of architecture "{kind}", and space "hf" knows: '
            f"{', '.join(FAMILIES)}. {did_you_mean(kind, FAMILIES)}"
        )
    return FAMILIES[kind]

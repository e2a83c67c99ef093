"""The formats a subnet can be shipped in, and how files come to their final place."""

from __future__ import annotations

import contextlib
import importlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from monas_core.errors import MonasError, UsageError, did_you_mean
from monas_core.extras import require_packages

if TYPE_CHECKING:
    from monas_core.export.subject import Subject


@attrs.frozen
class Format:
    """One way to ship a network.

    Attributes:
        name: As given on the command line.
        summary: What one gets.
        suffix: Of the file; "" for a folder.
        writer: Import path of ``(Subject, Path) -> facts``, which writes a path (the file, or
            into the folder), reads it back and compares.
        extra: Of the distribution, where packages beyond the base install are needed.
        packages: Their import names.
    """

    name: str
    summary: str
    suffix: str
    writer: str
    extra: str = ""
    packages: tuple[str, ...] = ()

    def require(self) -> None:
        """Raise UsageError when a package is missing."""
        needed = dict.fromkeys(self.packages, f"monas[{self.extra}]")
        require_packages(f'Format "{self.name}"', needed)


_ALL = (
    Format("pt2", "torch.export program", ".pt2", "monas_core.export.pt2:write"),
    Format(
        "onnx",
        "ONNX model, checked in onnxruntime",
        ".onnx",
        "monas_core.export.onnx_file:write",
        "onnx",
        ("onnx", "onnxruntime", "onnxscript"),
    ),
    Format(
        "safetensors",
        "folder with weights, config.json and a plain model.py",
        "",
        "monas_core.export.standalone:write",
    ),
    Format(
        "hf",
        "folder that a stock class of the package transformers loads",
        "",
        "monas_core.export.huggingface:write",
        "hf",
        ("transformers",),
    ),
)
FORMATS: Mapping[str, Format] = {format_.name: format_ for format_ in _ALL}
"""By name."""


def find(name: str) -> Format:
    """The format of a name, ready to be used.

    Raises:
        UsageError: Unknown, or a package it needs is missing.
    """
    if name not in FORMATS:
        raise UsageError(f'No format "{name}". {did_you_mean(name, FORMATS)}')
    FORMATS[name].require()
    return FORMATS[name]


def check_free(out: Path) -> None:
    """Raise UsageError when something is already there."""
    if out.exists():
        raise UsageError(f"{out} already exists; remove it or choose another --out.")


def export(subject: Subject, format_: Format, out: Path) -> dict[str, Any]:
    """Write, read back, compare, and only then give the files their final name.

    Returns:
        ``{"format", "files", "bytes", "check", ...}``.

    Raises:
        UsageError: The path is taken, or the network has no such form.
        MonasError: The exported model answers otherwise than the subnet.
    """
    check_free(out)
    module, _, attribute = format_.writer.partition(":")
    write = getattr(importlib.import_module(module), attribute)
    with _draft(out) as draft:
        facts = write(subject, draft)
        written = sorted(path for path in draft.parent.rglob("*") if path.is_file())
        for path in written:  # writers of temporary files keep them to themselves
            path.chmod(0o666 & ~_umask())
        size = sum(path.stat().st_size for path in written)
        names = [str(path.relative_to(draft.parent)) for path in written]
    return {
        "format": format_.name,
        "out": str(out),
        "files": [str(out.parent / name) for name in names],
        "bytes": size,
        **facts,
    }


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """A path of the same name in a hidden folder beside it; moved when the block ends well.

    A model may consist of several files, so everything in the hidden folder is moved,
    the named one last.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as hidden:
            draft = Path(hidden) / out.name
            yield draft
            beside = [path for path in Path(hidden).iterdir() if path != draft]
            for path in [*beside, draft]:
                os.rename(path, out.parent / path.name)  # noqa: PTH104 - never over a folder
    except OSError as error:
        raise MonasError(
            f"Cannot write {out}: {error.strerror or error}; free space or choose another --out."
        ) from error

"""Networks as ONNX files, in the versions that a runtime reads."""

from __future__ import annotations

import contextlib
import logging
import math
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
from torch import nn
from torch.utils._pytree import tree_flatten

from monas_core.errors import MonasError, UsageError

REQUIREMENT = "monas[onnx]"
"""What pip installs for the packages that ONNX files need."""
_OLDEST, _NATIVE = 11, 18
"""Oldest opset worth a try, and the oldest that torch writes without converting."""
_IRS = range(3, 14)
_ANSI = re.compile("\x1b\\[[0-9;]*m")


def _known_opset(_: Any, __: Any, opset: int | None) -> None:
    newest = 25
    if opset is not None and not _OLDEST <= opset <= newest:
        raise UsageError(f"ONNX opset must be {_OLDEST} to {newest}, got {opset}.")


def _known_ir(_: Any, __: Any, ir: int | None) -> None:
    if ir is not None and ir not in _IRS:
        raise UsageError(
            f"Version of the ONNX format (ir) must be {_IRS[0]} to {_IRS[-1]}, got {ir}."
        )


@attrs.frozen
class OnnxOptions:
    """Versions for old runtimes; without them torch's own are written.

    Attributes:
        opset: Version of the operators, 11 to 25.
        ir: Version of the file format, 3 to 13.
    """

    opset: int | None = attrs.field(default=None, validator=_known_opset)
    ir: int | None = attrs.field(default=None, validator=_known_ir)


def exported(what: Any, arguments: tuple[Any, ...], options: OnnxOptions, **names: Any) -> Any:
    """A network or traced program as a model of onnx's intermediate representation.

    Args:
        what: A module, or a program of ``torch.export``.
        arguments: Of the module.
        options: Versions.
        names: ``input_names``, ``output_names``.

    Raises:
        MonasError: It has no form in ONNX, or none in this opset.
    """
    import torch

    try:
        with _quiet():
            if options.opset is not None and options.opset < _NATIVE:
                what = _without_new_operators(what, arguments)
                arguments = ()
            made = torch.onnx.export(
                what, arguments, dynamo=True, verbose=False,
                opset_version=options.opset, **names,
            )  # fmt: skip
    except Exception as error:
        raise MonasError(
            f"torch cannot write this network as ONNX: {type(error).__name__}: "
            f"{_ANSI.sub('', ' '.join(str(error).split())):.200}."
        ) from error
    assert made is not None
    if options.opset is not None and made.model.opset_imports.get("", 0) != options.opset:
        raise MonasError(
            f"This network cannot be said in ONNX opset {options.opset}: one of its operators has "
            f"no form that old. Choose a newer --opset; from {_NATIVE} on every one works."
        )
    return made


def save(made: Any, path: Path, options: OnnxOptions, *, external_data: bool) -> dict[str, int]:
    """Write a model of ``exported``; returns ``{"opset", "ir"}`` as written."""
    if options.ir is not None:
        made.model.ir_version = options.ir
    with _quiet():
        made.save(path, external_data=external_data)
    return {"opset": made.model.opset_imports[""], "ir": made.model.ir_version}


def write(
    network: nn.Module, inputs: Any, path: Path, options: OnnxOptions | None = None
) -> dict[str, int]:
    """Write a network with its weights in one file, every dimension as in the inputs.

    Args:
        network: In evaluation mode, on the CPU.
        inputs: What it is called with: one tensor, or nested tensors.
        path: Of the file.
        options: Versions.

    Raises:
        MonasError: torch cannot express the network in ONNX.
    """
    options = options or OnnxOptions()
    names = [f"input_{index}" for index in range(len(tree_flatten(inputs)[0]))]
    made = exported(network, (inputs,), options, input_names=names)
    return save(made, path, options, external_data=False)


def _without_new_operators(what: Any, arguments: tuple[Any, ...]) -> Any:
    """A traced program without the operators for layer norm (new in opset 17) and for means.

    That for means changed in opset 18, and there is no way back; that for sums in 13.
    """
    import torch
    from torch.export import ExportedProgram

    def mean(x: Any, axes: Any, keepdim: bool = False, *, dtype: Any = None) -> Any:
        total = x.sum(axes, keepdim=keepdim, dtype=dtype)
        return total / math.prod(x.shape[axis] for axis in axes)

    def layer_norm(x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5,
                   _: bool = True) -> Any:  # fmt: skip
        axes = list(range(x.dim() - len(shape), x.dim()))
        apart = x - mean(x, axes, keepdim=True)
        scaled = apart / torch.sqrt(mean(apart * apart, axes, keepdim=True) + eps)
        scaled = scaled if weight is None else scaled * weight
        return scaled if bias is None else scaled + bias

    program = what if isinstance(what, ExportedProgram) else torch.export.export(what, arguments)
    table: Any = {torch.ops.aten.layer_norm.default: layer_norm, torch.ops.aten.mean.dim: mean}
    return program.run_decompositions(table)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter warns and logs of; what matters is checked afterwards."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)

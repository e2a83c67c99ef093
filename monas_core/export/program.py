"""The network as a traced program with a free batch size and free sequence lengths."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import attrs
import torch
from torch.export import Dim, ExportedProgram
from torch.utils._pytree import keystr, tree_flatten_with_path, tree_map

from monas_core.errors import MonasError
from monas_core.export.subject import TRACED_BATCH, Subject, is_sequence
from monas_core.tracing.storage import Packable


@attrs.frozen(eq=False, slots=False)
class Program:
    """A traced network.

    Attributes:
        exported: In torch's own form, without the paths of source files.
        inputs: Names of its inputs, flat, in order.
        outputs: Names of its outputs.
    """

    exported: ExportedProgram
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @cached_property
    def axes(self) -> Mapping[str, str]:
        """Free dimensions: the tracer's symbol to ``batch``, ``length`` or ``INPUT_length``."""
        lengths: list[tuple[str, str]] = []
        names: dict[str, str] = {}
        for name, shape in zip(self.inputs, self._shapes(), strict=True):
            if isinstance(shape[0], str):
                names[shape[0]] = "batch"
            if len(shape) > 1 and isinstance(shape[1], str):
                lengths.append((shape[1], name))
        for symbol, name in lengths:
            names.setdefault(symbol, "length" if len(lengths) == 1 else f"{name}_length")
        return names

    def limits(self) -> dict[str, list[int | None]]:
        """Smallest and largest size of each free dimension; ``None`` where there is no largest."""
        found: dict[str, list[int | None]] = {}
        for symbol, bounds in self.exported.range_constraints.items():
            name = self.axes.get(str(symbol))
            if name is not None:
                upper = bounds.upper
                # traced with two or more, but one works as well and is compared
                found[name] = [1, int(upper) if upper.is_Integer else None]
        return found

    def described(self) -> list[dict[str, Any]]:
        """Inputs as ``{"name", "dtype", "shape"}``, free dimensions by name."""
        return [
            {
                "name": name,
                "dtype": str(value.dtype).removeprefix("torch."),
                "shape": [self.axes.get(size, size) for size in shape],
            }
            for name, value, shape in zip(self.inputs, self._values(), self._shapes(), strict=True)
        ]

    def _values(self) -> list[Any]:
        wanted = set(self.exported.graph_signature.user_inputs)
        nodes = [n for n in self.exported.graph.nodes if n.op == "placeholder"]
        return [node.meta["val"] for node in nodes if node.name in wanted]

    def _shapes(self) -> list[list[Any]]:
        """Sizes of each input: a number, or the tracer's symbol where it is free."""
        return [[_size(size) for size in value.shape] for value in self._values()]


def _size(size: int | torch.SymInt) -> int | str:
    """A number; the symbol of a free size, which the tracer may have found to be a number."""
    text = str(size)
    return int(text) if text.isdecimal() else text


def trace(subject: Subject) -> Program:
    """Trace a network with ``torch.export``.

    Raises:
        MonasError: The network cannot be traced, or only for one batch size.
    """
    freedom = tree_map(
        lambda x: {0: Dim.AUTO, 1: Dim.AUTO} if is_sequence(x) else {0: Dim.AUTO}, subject.inputs
    )
    network = subject.network
    if isinstance(network, Packable):
        network = network.packed()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            exported = torch.export.export(network, (subject.inputs,), dynamic_shapes=(freedom,))
    except Exception as error:
        reason = " ".join(str(error).split())
        raise MonasError(
            f"Architecture {subject.architecture.key} cannot be traced by torch.export: "
            f"{type(error).__name__}: {reason:.300}"
        ) from error
    for node in exported.graph.nodes:
        node.meta.pop("stack_trace", None)  # names the files of this machine
    inputs = _input_names(exported, subject.inputs)
    with torch.no_grad():
        outputs = _output_names(subject.network(subject.inputs), inputs)
    program = Program(exported, inputs, outputs)
    if "batch" not in program.axes.values():
        raise MonasError(
            f"Architecture {subject.architecture.key} works with batches of "
            f"{TRACED_BATCH} only, so it cannot be exported with a free batch size."
        )
    return program


def _input_names(exported: ExportedProgram, inputs: Any) -> tuple[str, ...]:
    """The argument's own name if it is one tensor, else keys and places in it."""
    names = _names(inputs)
    if names == [""]:
        return (str(next(iter(exported.graph_signature.user_inputs))),)
    return tuple(f"input_{name}" if name[:1].isdigit() else name for name in names)


def _output_names(outputs: Any, inputs: tuple[str, ...]) -> tuple[str, ...]:
    """``output`` if it is one tensor, else the keys of the heads, or places."""
    names = _names(outputs)
    if len(names) == 1:
        return ("output",)
    return tuple(
        f"output_{name}" if name[:1].isdigit() or name in inputs else name for name in names
    )


def _names(tree: Any) -> list[str]:
    """Keys and places of the tensors in a tree; one alone has no name."""
    paths = [path for path, _ in tree_flatten_with_path(tree)[0]]
    return [re.sub(r"\W+", "_", keystr(path)).strip("_") for path in paths]

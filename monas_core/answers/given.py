"""A network that somebody brings: a torch.export program, an ONNX file, a function of a file."""

from __future__ import annotations

import copy
import importlib.util
import math
import warnings
from pathlib import Path
from typing import Any

import attrs
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from monas_core.computing.programs import load_program
from monas_core.errors import MonasError, UsageError
from monas_core.extras import require_packages
from monas_core.profiling import onnx_model
from monas_core.tracing.workload import Workload, trace

_FREE = frozenset(
    "Reshape Flatten Squeeze Unsqueeze Identity Constant ConstantOfShape Shape Cast Dropout".split()
)
"""Operators of ONNX that move nothing."""


@attrs.frozen(eq=False)
class Given:
    """A network with what it executes.

    Attributes:
        name: As it was named.
        workload: Of one inference with the inputs it came with.
        module: Itself, on the CPU, where it can be run here.
        inputs: Arguments of its forward pass.
    """

    name: str
    workload: Workload
    module: nn.Module | None = None
    inputs: tuple[Any, ...] = ()


def load(text: str, shapes: list[str]) -> Given:
    """A network from what a person names it by.

    Args:
        text: ``FILE.pt2``, ``FILE.onnx`` or ``FILE.py:FUNCTION``.
        shapes: Of its inputs, ``1x3x32x32`` or ``1x128:int64``, where it does not bring any.

    Raises:
        UsageError: It cannot be read, or its inputs are not known.
        MonasError: It cannot be run.
    """
    path, _, function = text.partition(":")
    if not Path(path).is_file():
        raise UsageError(f"There is no file {path}; name a .pt2, an .onnx, or FILE.py:FUNCTION.")
    suffix = Path(path).suffix.lower()
    if suffix == ".onnx":
        return Given(text, onnx_workload(Path(path)))
    inputs = tuple(_input(shape) for shape in shapes)
    if suffix == ".pt2":
        module, own = _program(Path(path))
    elif suffix == ".py" and function:
        module, own = _made(Path(path), function)
    else:
        raise UsageError(f"{text} is no network: name a .pt2, an .onnx, or FILE.py:FUNCTION.")
    inputs = inputs or own
    if not inputs:
        raise UsageError(f"{text} brings no inputs; give their shapes, e.g. --input 1x3x32x32.")
    return Given(text, _traced(text, module, inputs), module, inputs)


def _input(text: str) -> Tensor:
    shape, _, kind = text.partition(":")
    dtype = getattr(torch, kind or "float32", None)
    sizes = [word for word in shape.split("x") if word.isdigit()]
    if not sizes or len(sizes) != len(shape.split("x")) or not isinstance(dtype, torch.dtype):
        raise UsageError(
            f'--input "{text}" is not understood; write e.g. 1x3x32x32 or 1x128:int64.'
        )
    return torch.zeros([int(size) for size in sizes], dtype=dtype)


def _program(path: Path) -> tuple[nn.Module, tuple[Any, ...]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of its own parts
            program = load_program(path)
            module = program.module()
    except Exception as error:
        raise UsageError(f"{path} is no program of torch.export: {error!s:.120}.") from error
    arguments = program.example_inputs[0] if program.example_inputs else ()
    return module, tuple(arguments)


def _made(path: Path, function: str) -> tuple[nn.Module, tuple[Any, ...]]:
    """What ``FUNCTION()`` returns: a module, or a module and its inputs."""
    spec = importlib.util.spec_from_file_location(f"given_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(found)
        made = getattr(found, function)()
    except Exception as error:
        raise UsageError(f"{path}:{function} fails: {type(error).__name__}: {error}.") from error
    module, *rest = made if isinstance(made, tuple) else (made,)
    if not isinstance(module, nn.Module):
        raise UsageError(
            f"{path}:{function} must return a torch module, alone or with its inputs, got a "
            f"{type(module).__name__}."
        )
    inputs = rest[0] if len(rest) == 1 and isinstance(rest[0], tuple) else tuple(rest)
    return module, inputs


class Call(nn.Module):
    """A network of several arguments as one of a tuple of them, as tasks give inputs."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, inputs: tuple[Any, ...]) -> Any:
        """The network's answer."""
        return self.module(*inputs)

    def eval(self) -> Call:
        """A program of torch.export has no modes, and refuses to be asked."""
        return self


def _traced(text: str, module: nn.Module, inputs: tuple[Any, ...]) -> Workload:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of its own parts
            onto_meta = copy.deepcopy(module).to("meta")
            moved = tree_map(lambda x: x.to("meta") if isinstance(x, Tensor) else x, inputs)
            return trace(Call(onto_meta), moved)
    except MonasError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())
        raise MonasError(
            f"{text} cannot be counted: {type(error).__name__}: {reason:.160}; check the shapes of "
            "its inputs (--input)."
        ) from error


def onnx_workload(path: Path) -> Workload:
    """What an ONNX file executes, a kernel per operator; open dimensions count as 1.

    Raises:
        UsageError: It is no ONNX file, or the package is missing.
    """
    require_packages("Reading ONNX", {"onnx": onnx_model.REQUIREMENT})
    import onnx

    try:
        model = onnx.shape_inference.infer_shapes(onnx.load(str(path)))
    except Exception as error:
        raise UsageError(f"{path} is no ONNX file: {error!s:.120}.") from error
    graph = model.graph
    shapes = {w.name: list(w.dims) for w in graph.initializer}
    shapes_and_flags = (onnx.TensorProto.INT64, onnx.TensorProto.BOOL)  # operands, no weights
    weights = {w.name for w in graph.initializer if w.data_type not in shapes_and_flags}
    for info in (*graph.input, *graph.value_info, *graph.output):
        if info.name not in shapes:
            dims = info.type.tensor_type.shape.dim
            shapes[info.name] = [d.dim_value or 1 for d in dims]
    rows: list[tuple[float, float, float, float]] = []
    for node in graph.node:
        if node.op_type in _FREE:
            continue
        given = [shapes.get(name, [0]) for name in node.input if name]
        made = [shapes.get(name, [0]) for name in node.output if name]
        flops, depth = _work(node.op_type, given, made)
        moved = sum(math.prod(shape) for shape in (*given, *made))
        names = [n for n in (*node.input, *node.output) if n and n not in weights]
        alive = sum(math.prod(shapes.get(n, [0])) for n in names)
        rows.append((flops, float(moved), depth, float(alive)))
    columns = torch.tensor(rows or [(0.0, 0.0, 0.0, 0.0)], dtype=torch.float64).T
    return Workload(
        flops=columns[0],
        elements=columns[1],
        parameters=sum(math.prod(shapes[name]) for name in weights),
        peak_elements=int(columns[3].max()),
        depths=columns[2],
    )


def _work(kind: str, given: list[list[int]], made: list[list[int]]) -> tuple[float, float]:
    """FLOPs and inner depth of an operator, 0 for those that are no products."""
    if kind == "Conv":
        weight = given[1]
        return 2.0 * math.prod(made[0]) * math.prod(weight[1:]), float(weight[1])
    if kind == "ConvTranspose":
        return 2.0 * math.prod(given[0]) * math.prod(given[1][1:]), float(given[1][0])
    if kind in ("MatMul", "Gemm"):
        columns = made[0][-1]
        depth = math.prod(given[1]) // max(1, columns * math.prod(given[1][:-2]))
        return 2.0 * math.prod(made[0]) * depth, float(depth)
    return 0.0, 0.0

"""A traced program as plain Python that needs torch alone: every operation becomes a line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import torch
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Node
from torch.utils._pytree import keystr, tree_flatten_with_path, tree_unflatten

from monas_core.errors import MonasError
from monas_formats.operators import expression

_CHANGES = 'The network changes its weights while it computes; export it as "pt2" or "onnx".'
_CHECKS = ("_assert", "sym_constrain")


@attrs.frozen
class Source:
    """The body of ``forward``.

    Attributes:
        lines: Statements, comments included, without indentation.
        weights: Names of the weights it reads, in order of first use.
    """

    lines: tuple[str, ...]
    weights: tuple[str, ...]


def forward_source(exported: ExportedProgram, axes: Mapping[str, str]) -> Source:
    """Python for a program whose one argument is called ``inputs``.

    Args:
        exported: The program.
        axes: Names of its free dimensions, by the tracer's symbol.

    Raises:
        MonasError: The program branches on data or changes its own weights, which plain
            lines cannot say.
    """
    return _Writer(exported, axes).write()


class _Writer:
    def __init__(self, exported: ExportedProgram, axes: Mapping[str, str]) -> None:
        signature = exported.graph_signature
        if signature.buffers_to_mutate or signature.user_inputs_to_mutate:
            raise MonasError(_CHANGES)
        self._exported = exported
        self._nodes = [node for node in exported.graph.nodes if not _is_check(node)]
        self._alive = _alive(self._nodes)
        self._axes = axes
        self._used: dict[str, None] = {}
        self._text: dict[Node, str] = {}
        self._place = ""

    def write(self) -> Source:
        """All lines, in order."""
        self._name_inputs()
        lines = [line for node in self._nodes for line in self._statement(node)]
        return Source(tuple(lines), tuple(self._used))

    def _name_inputs(self) -> None:
        """Weights are looked up by name, inputs by their place in the one argument."""
        spec = self._exported.call_spec.in_spec
        assert spec is not None
        arguments, _ = tree_unflatten(list(range(spec.num_leaves)), spec)
        paths = [keystr(path) for path, _ in tree_flatten_with_path(arguments[0])[0]]
        users = iter(paths)
        for node, item in zip(
            (n for n in self._nodes if n.op == "placeholder"),
            self._exported.graph_signature.input_specs,
            strict=True,
        ):
            if item.kind is InputKind.USER_INPUT:
                self._text[node] = f"inputs{next(users)}"
            else:
                assert item.target is not None
                self._text[node] = f'w["{item.target}"]'

    def _statement(self, node: Node) -> Iterator[str]:
        if node.op == "output":
            yield f"return {self._output(node)}"
        elif node.op == "call_function" and node in self._alive:
            place = "" if _is_size(node) else _owner(node)
            if place and place != self._place:
                self._place = place
                yield f"# {place}"
            expression = self._call(node)
            self._text[node] = self._local_name(node)
            yield f"{self._text[node]} = {expression}"
        elif node.op not in ("placeholder", "call_function"):
            raise MonasError(
                f"The network holds a branch ({node.name}) that plain Python cannot repeat; "
                'export it as "pt2" or "onnx".'
            )

    def _local_name(self, node: Node) -> str:
        """The node's own, or that of the free dimension it reads."""
        name = self._axes.get(str(node.meta.get("val"))) if _is_size(node) else None
        return name if name is not None and name not in self._text.values() else node.name

    def _call(self, node: Node) -> str:
        given = [self._value(argument) for argument in node.args]
        if _changes_arguments(node) and given[0].startswith("w["):
            raise MonasError(_CHANGES)
        named = {key: self._value(value) for key, value in node.kwargs.items()}
        return expression(node.target, given, named)

    def _value(self, value: Any) -> str:
        if isinstance(value, Node):
            text = self._text[value]
            if text.startswith("w["):
                self._used[text[3:-2]] = None
            return text
        if isinstance(value, list | tuple):
            inner = ", ".join(self._value(item) for item in value)
            return f"[{inner}]"
        if isinstance(value, torch.device):
            return "self.device"
        if isinstance(value, float) and not math.isfinite(value):
            return f'float("{value}")'
        return repr(value)

    def _output(self, node: Node) -> str:
        """The answers in the structure the network gives them in."""
        leaves = [self._value(leaf) for leaf in node.args[0]]  # pyright: ignore
        spec = self._exported.call_spec.out_spec
        assert spec is not None
        return _literal(tree_unflatten([_Name(leaf) for leaf in leaves], spec))


@attrs.frozen
class _Name:
    text: str


def _literal(tree: Any) -> str:
    if isinstance(tree, _Name):
        return tree.text
    if isinstance(tree, Mapping):
        return "{" + ", ".join(f"{key!r}: {_literal(item)}" for key, item in tree.items()) + "}"
    inner = ", ".join(_literal(item) for item in tree)
    return f"[{inner}]" if isinstance(tree, list) else f"({inner},)"


def _is_check(node: Node) -> bool:
    """Whether a node only asserts something about sizes."""
    name = str(getattr(node.target, "__name__", node.target))
    return node.op == "call_function" and any(word in name for word in _CHECKS)


def _is_size(node: Node) -> bool:
    return node.target is torch.ops.aten.sym_size.int


def _alive(nodes: list[Node]) -> set[Node]:
    """Nodes that the outputs depend on, and those that change a tensor in place."""
    alive: set[Node] = set()
    for node in reversed(nodes):
        if _changes_arguments(node):
            alive.add(node)
        if node.op == "output" or node in alive:
            alive.update(node.all_input_nodes)
    return alive


def _changes_arguments(node: Node) -> bool:
    return isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable


def _owner(node: Node) -> str:
    """Path and class of the network's own module a node comes from, layers of torch left out."""
    for path, kind in reversed(list((node.meta.get("nn_module_stack") or {}).values())):
        name = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__name__}"
        if "." in name and not name.startswith("torch.nn."):
            inner = re.sub(r"^L?\[?'?self'?\]?\.?", "", str(path))
            short = name.rpartition(".")[2]
            return f"{inner} ({short})" if inner else short
    return ""

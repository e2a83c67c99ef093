"""Which channels of a network hang together, which of its blocks may go, and what may not.

Channels: the dependency graph of torch-pruning (Fang et al., DepGraph, arXiv 2301.12900), found by
running the network once. A group counts only if the network still runs, with outputs of the same
form, when half of the group is gone; so whatever a forward pass takes for granted is found here.
Blocks: modules that add something to their input (torch.fx).
"""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator, Mapping
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import attrs
import torch
import torch_pruning
from torch import Tensor, nn
from torch.fx import GraphModule, Node, symbolic_trace
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.utils._pytree import tree_leaves

from monas_core.errors import MonasError, UsageError
from monas_modules.slices import Group, Slot, narrowed

_PASSING = ("relu", "ReLU", "dropout", "Dropout", "DropPath", "StochasticDepth", "Identity")


@attrs.frozen(eq=False)
class Elastic:
    """What of a network may be smaller.

    Attributes:
        groups: Channels that go together, by name of the layer that makes them.
        blocks: Names of modules that may be left out.
        fixed: What could not be made elastic, by name, and why.
    """

    groups: Mapping[str, Group]
    blocks: tuple[str, ...]
    fixed: Mapping[str, str]


def analysed(network: nn.Module, example: Any) -> Elastic:
    """Look at a network in evaluation mode.

    Args:
        network: Is run, and left as it is.
        example: Inputs: a tensor, or a tuple of arguments.

    Raises:
        UsageError: It does not run on the example, or its graph cannot be followed.
    """
    arguments = example if isinstance(example, tuple) else (example,)
    wanted = _forms(network, arguments)
    groups: dict[str, Group] = {}
    fixed: dict[str, str] = {}
    for name, group, reason in _groups(network, arguments):
        trouble = reason or _trouble(network, group, arguments, wanted)
        if trouble:
            fixed[name] = trouble
        else:
            groups[name] = group
    return Elastic(groups, tuple(_blocks(network)), fixed)


def _forms(network: nn.Module, arguments: tuple[Any, ...]) -> list[tuple[int, ...]]:
    try:
        with torch.no_grad():
            return [tuple(x.shape) for x in tree_leaves(network(*arguments))]
    except Exception as error:
        raise UsageError(
            f"Your network does not run on its example inputs{_where(error)}: "
            f"{type(error).__name__}: {' '.join(str(error).split())[:200]}; return inputs it takes."
        ) from error


def _where(error: BaseException) -> str:
    """The last line outside of libraries that an error passed, ``, at line 7 of net.py``."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if "site-packages" not in frame.filename and frame.filename != __file__:
            return f", at line {frame.lineno} of {Path(frame.filename).name}"
    return ""


def _groups(network: nn.Module, arguments: tuple[Any, ...]) -> Iterator[tuple[str, Group, str]]:
    """Name, channels that go together, and why they cannot go (empty where they can)."""
    names = {module: name for name, module in network.named_modules()}
    graph = torch_pruning.DependencyGraph()
    try:
        with warnings.catch_warnings(), torch.enable_grad():
            warnings.simplefilter("ignore")
            graph.build_dependency(network, arguments, verbose=False)
            found = list(graph.get_all_groups())
    except Exception as error:
        raise UsageError(
            f"The graph of your network cannot be followed by torch-pruning{_where(error)}: "
            f"{type(error).__name__}: {' '.join(str(error).split())[:200]}; make its forward a "
            "plain composition of modules, or give a part of it that is one."
        ) from error
    for group in found:
        yield _group(group, graph, names)


def _group(found: Any, graph: Any, names: Mapping[nn.Module, str]) -> tuple[str, Group, str]:
    root = names.get(found[0].dep.target.module, "?")
    size = len(found[0].idxs)
    slots: dict[tuple[str, int], Slot] = {}
    for item in found:
        module, places = item.dep.target.module, item.idxs
        out = bool(graph.is_out_channel_pruning_fn(item.dep.handler))
        if isinstance(module, nn.Parameter):
            told = [(graph._param_to_name[module], int(item.dep.target.pruning_dim))]
        elif module in names:
            kinds = _dimensions(module, out=out)
            if kinds is None:
                what = type(module).__name__
                what = f"grouped {what}" if getattr(module, "groups", 1) > 1 else what
                return root, Group(root, size, ()), f"{names[module]} is a {what}"
            told = [(f"{names[module]}.{own}", dim) for own, dim in kinds]
        else:  # torch-pruning's own stand-in for an operation
            if any(word in type(module).__name__ for word in ("Split", "Unbind", "Slice")):
                return root, Group(root, size, ()), "its channels are split by numbers"
            continue
        for key in told:
            pairs = list(zip(item.root_idxs, places, strict=True))
            known = slots.get(key)
            slots[key] = Slot(*key, tuple(dict.fromkeys((*(known.pairs if known else ()), *pairs))))
    return root, Group(root, size, tuple(slots.values())), ""


def _dimensions(module: nn.Module, *, out: bool) -> list[tuple[str, int]] | None:
    """Tensors of a layer, each with the dimension its channels lie along; ``None`` if unknown."""
    if isinstance(module, _ConvNd):
        depthwise = module.groups == module.out_channels == module.in_channels
        if isinstance(module, _ConvTransposeNd) or (module.groups > 1 and not depthwise):
            return None
        found = [("weight", 0 if out or depthwise else 1)]
        return _with_bias(module, found) if out or depthwise else found
    if isinstance(module, nn.Linear):
        return _with_bias(module, [("weight", 0)]) if out else [("weight", 1)]
    if isinstance(module, _NormBase):
        return [
            (name, 0)
            for name in ("weight", "bias", "running_mean", "running_var")
            if getattr(module, name) is not None
        ]
    if isinstance(module, nn.LayerNorm) and len(module.normalized_shape) == 1:
        return [(n, 0) for n in ("weight", "bias") if getattr(module, n) is not None]
    return None


def _with_bias(module: nn.Module, found: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return [*found, ("bias", 0)] if isinstance(module.bias, Tensor) else found


def _trouble(
    network: nn.Module, group: Group, arguments: tuple[Any, ...], wanted: list[tuple[int, ...]]
) -> str:
    """Why a network does not do without half of a group; empty where it does."""
    if group.size < 2:
        return "it has one channel"
    half = {group.name: list(range(group.size // 2))}
    try:
        smaller = narrowed(network, [group], half, ())
        with torch.no_grad():
            found = [tuple(x.shape) for x in tree_leaves(smaller(*arguments))]
    except MonasError:
        raise
    except Exception as error:  # noqa: BLE001 - a stranger's forward pass may do anything
        return f"the network does not run without some: {' '.join(str(error).split())[:120]}"
    return "" if found == wanted else "its channels are the network's outputs"


def _blocks(network: nn.Module) -> list[str]:
    """Innermost modules that add to their input what they make of it."""
    found: list[str] = []
    for name, module in network.named_modules():
        if name and next(module.parameters(), None) is not None and _adds(module):
            found = [other for other in found if not name.startswith(f"{other}.")]
            found.append(name)
    return found


def _adds(module: nn.Module) -> bool:
    if not list(module.children()):
        return False
    given = signature(module.forward).parameters
    usual = {n: p.default for n, p in given.items() if p.default is not Parameter.empty}
    try:
        graph: GraphModule = symbolic_trace(module, concrete_args=usual)
    except Exception:  # noqa: BLE001 - what cannot be traced stays
        return False
    nodes = list(graph.graph.nodes)
    # torch.fx numbers what it was given a value for
    inputs = [
        node
        for node in nodes
        if node.op == "placeholder"
        and node.users
        and str(node.target).rpartition("_")[0] not in usual
    ]
    outputs = [node for node in nodes if node.op == "output"]
    if len(inputs) != 1 or not isinstance(outputs[0].args[0], Node):
        return False
    modules = dict(graph.named_modules())
    return outputs[0].args[0] is not inputs[0] and _reaches(outputs[0].args[0], inputs[0], modules)


def _reaches(node: Node, source: Node, modules: Mapping[str, nn.Module]) -> bool:
    """Whether a value is the input plus something, through sums and what lets values pass."""
    if node is source:
        return True
    operands = [argument for argument in node.args if isinstance(argument, Node)]
    if node.op == "call_module":
        passing = type(modules[str(node.target)]).__name__ in _PASSING
    else:
        word = getattr(node.target, "__name__", str(node.target))
        if word in ("add", "iadd", "add_"):
            return any(_reaches(operand, source, modules) for operand in operands)
        passing = word in (*_PASSING, "relu_", "contiguous")
    return passing and bool(operands) and _reaches(operands[0], source, modules)

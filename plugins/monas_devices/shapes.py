"""Tables whose rows are keyed by the shapes of layers, as once-for-all publishes them.

Keys (Cai et al., ICLR 2020; one file per resolution, each row with its ``mean`` in ms):

    Conv-input:HxWxC-output:HxWxC                     the first convolution
    expanded_conv-input:...-output:...-expand:MID-kernel:K-stride:S-idskip:B-se:B-hs:B
    Conv_1-..., AvgPool2D-..., Conv_2-..., Logits-...  what follows the blocks, in this order

Networks are matched by what they do, whatever their modules are called: a block is the smallest
module with one depthwise convolution and a pointwise one, MID its depthwise channels, ``se``
whether something in it sees one pixel only, ``hs`` whether it computes h-swish.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_map

from monas_core.errors import Unavailable, UsageError
from monas_core.parts.context import Context
from monas_core.tracing.meta import Mode
from monas_core.tracing.workload import Tracer
from monas_core.values.architecture import Architecture
from monas_core.values.reading import finite_number
from monas_devices.lookup import cost_of

_TAIL = ("Conv_1", "Conv_2", "Logits")


def is_shape_table(document: Mapping[Any, Any]) -> bool:
    """Whether a document has rows keyed by shapes, directly or one level below."""
    inner = [value for value in document.values() if isinstance(value, dict)]
    return any("-input:" in str(key) for one in (document, *inner) for key in one)


class Shapes:
    """Rows of once-for-all, all resolutions together.

    Args:
        document: ``{"metric": ..., "rows": {KEY: COST}}``.
        where: Named in messages.

    Raises:
        UsageError: It has no such rows.
    """

    def __init__(self, document: Mapping[str, Any], where: str) -> None:
        metric, rows = document.get("metric"), document.get("rows")
        if not isinstance(metric, str) or not isinstance(rows, dict):
            raise UsageError(f"{where} has neither blocks nor rows; docs/devices.md shows both.")
        if not all(map(finite_number, rows.values())):
            raise UsageError(f"{where}: every row must be a finite number.")
        self.metric: str = metric
        self._rows: Mapping[str, float] = rows
        self._keys: dict[Architecture, list[str]] = {}

    @staticmethod
    def rows_of(document: Mapping[Any, Any], where: str) -> dict[str, float]:
        """Rows of a file: ``{KEY: {"mean": ms}}``, or the same below each resolution.

        Raises:
            UsageError: A row has no finite mean.
        """
        rows: dict[str, float] = {}
        for key, value in document.items():
            if "-input:" in str(key):
                mean = value.get("mean") if isinstance(value, dict) else value
                rows[str(key)] = cost_of(f"{where}: the mean of {key}", mean)
            elif isinstance(value, dict):
                rows |= Shapes.rows_of(value, where)
        return rows

    def cost(self, architecture: Architecture, context: Context) -> float:
        """The sum of the rows of a network's layers.

        Raises:
            Unavailable: A layer has no row; names its key and the nearest there is.
        """
        if architecture not in self._keys:
            self._keys[architecture] = layer_keys(architecture, context)
        total = 0.0
        for key in self._keys[architecture]:
            if key not in self._rows:
                near = difflib.get_close_matches(key, self._rows, n=1)
                hint = f"; the nearest is {near[0]}" if near else ""
                raise Unavailable(f"The table has no row {key} for {architecture.key}{hint}.")
            total += self._rows[key]
        return total


class _Swish(Mode):
    """Notes which modules compute h-swish, given the stack of those that are running."""

    def __init__(self, running: list[nn.Module]) -> None:
        super().__init__()
        self.running = running
        self.found: set[nn.Module] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func._overloadpacket.__name__ in ("hardswish", "hardswish_"):
            self.found.update(self.running)
        return func(*args, **(kwargs or {}))


def layer_keys(architecture: Architecture, context: Context) -> list[str]:
    """Keys of all layers of a network, in the order they run.

    Raises:
        UsageError: The network is no chain of a convolution, blocks, a convolution and two
            linear layers.
    """
    task = context.require_task()
    network = Tracer().build(lambda: context.space.build(architecture, task)).eval()
    shapes, swish = _run(network, task.example(1))
    blocks = [module for module in shapes if _is_block(module)]
    inside = {part for block in blocks for part in block.modules()}
    layers = [m for m in shapes if isinstance(m, nn.Conv2d | nn.Linear) and m not in inside]
    if not blocks or len(layers) != 1 + len(_TAIL):
        raise UsageError(
            f'Networks of space "{context.space.name}" have {len(blocks)} inverted bottlenecks and '
            f"{len(layers)} layers outside them; a once-for-all table describes a convolution, "
            "bottlenecks, a convolution and two linear layers. Use a table keyed by choices."
        )
    first, *tail = layers
    keys = [_key("Conv", *shapes[first])]
    keys += [_block_key(block, shapes, swish) for block in blocks]
    keys.append(_key(_TAIL[0], *shapes[tail[0]]))
    pooled = shapes[tail[0]][1]
    keys.append(_key("AvgPool2D", pooled, [1, 1, pooled[-1]]))
    keys.append(_key(_TAIL[1], *(_flat(shape) for shape in shapes[tail[1]])))
    inputs, outputs = shapes[tail[2]]
    keys.append(_key(_TAIL[2], _flat(inputs), outputs[-1:]))
    return keys


_Shapes = dict[nn.Module, tuple[list[int], list[int]]]


def _run(network: nn.Module, inputs: Any) -> tuple[_Shapes, set[nn.Module]]:
    """Shapes (H, W, C) of what each module takes and gives, in the order modules finish."""
    import torch

    shapes: _Shapes = {}
    running: list[nn.Module] = []

    def before(module: nn.Module, _: Any) -> None:
        running.append(module)

    def after(module: nn.Module, given: Any, made: Any) -> None:
        running.pop()
        if given and isinstance(given[0], Tensor) and isinstance(made, Tensor):
            shapes[module] = (_shape(given[0]), _shape(made))

    for module in network.modules():
        module.register_forward_pre_hook(before)
        module.register_forward_hook(after)
    moved = tree_map(lambda x: x.to("meta") if isinstance(x, Tensor) else x, inputs)
    with torch.no_grad(), _Swish(running) as swish:
        network(moved)
    return shapes, swish.found


def _shape(x: Tensor) -> list[int]:
    return [*x.shape[2:], x.shape[1]] if x.dim() == 4 else list(x.shape[1:])


def _flat(shape: list[int]) -> list[int]:
    return [1, 1, shape[-1]]


def _depthwise(module: nn.Module) -> list[nn.Conv2d]:
    convolutions = [m for m in module.modules() if isinstance(m, nn.Conv2d)]
    return [c for c in convolutions if c.groups == c.in_channels > 1]


def _pointwise(module: nn.Module) -> bool:
    return any(
        isinstance(m, nn.Conv2d) and m.kernel_size == (1, 1) and m.groups == 1
        for m in module.modules()
    )


def _is_block(module: nn.Module) -> bool:
    whole = len(_depthwise(module)) == 1 and _pointwise(module)
    return whole and not any(_is_block(child) for child in module.children())


def _block_key(block: nn.Module, shapes: _Shapes, swish: set[nn.Module]) -> str:
    (depthwise,) = _depthwise(block)
    inputs, outputs = shapes[block]
    stride = int(depthwise.stride[0])
    gates = [
        m
        for m in block.modules()
        if m in shapes and (isinstance(m, nn.Linear) or shapes[m][0][:-1] == [1, 1])
    ]
    skip = stride == 1 and inputs == outputs
    parts = {
        "expand": depthwise.in_channels,
        "kernel": int(depthwise.kernel_size[0]),
        "stride": stride,
        "idskip": int(skip),
        "se": int(bool(gates) and inputs[:-1] != [1, 1]),
        "hs": int(block in swish),
    }
    return "-".join(
        [_key("expanded_conv", inputs, outputs), *(f"{k}:{v}" for k, v in parts.items())]
    )


def _key(kind: str, inputs: list[int], outputs: list[int]) -> str:
    return f"{kind}-input:{'x'.join(map(str, inputs))}-output:{'x'.join(map(str, outputs))}"

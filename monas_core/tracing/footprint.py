"""How much memory code would use at once, found out on tensors without data."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Footprint(TorchDispatchMode):
    """Counts the bytes of tensors made while it is active.

    Attributes:
        alive: Bytes of tensors that still exist.
        peak: The most there were at once, since ``mark``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.alive = self.peak = 0
        self._known: weakref.WeakSet[Any] = weakref.WeakSet()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # as ``meta.Mode``

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, Tensor):
                self._count(leaf.untyped_storage())
        return out

    def _count(self, storage: Any) -> None:
        if storage in self._known:
            return
        size = storage.nbytes()
        self._known.add(storage)
        self.alive += size
        self.peak = max(self.peak, self.alive)
        weakref.finalize(storage, self._gone, size)

    def _gone(self, size: int) -> None:
        self.alive -= size

    def mark(self) -> int:
        """Bytes alive now, from which the peak is counted on."""
        self.peak = self.alive
        return self.alive


@contextlib.contextmanager
def pretended() -> Iterator[Footprint]:
    """Tensors made within have shapes and no data; what they would take is counted."""
    found = Footprint()
    fake = FakeTensorMode(allow_non_fake_inputs=True)
    with torch.random.fork_rng(devices=[]), fake, found:
        yield found


def without_data(network: nn.Module) -> nn.Module:
    """A network built on ``meta``, as if on the CPU; while ``pretended`` is open.

    It is not built there at once: a module that moves itself while it is made (channels last, say)
    cannot, as torch swaps no pretended parameters. Weights that are tied stay so.
    """
    made: dict[Tensor, Tensor] = {}  # by identity, as tensors hash
    for module in network.modules():
        owned: list[dict[str, Any]] = [module._parameters, module._buffers]  # pyright: ignore
        for own in owned:
            for name, tensor in own.items():
                if tensor is not None and tensor not in made:
                    made[tensor] = _fresh(tensor)
                own[name] = None if tensor is None else made[tensor]
    return network


def _fresh(tensor: Tensor) -> Tensor:
    fresh = torch.empty_like(tensor, device="cpu")
    weight = isinstance(tensor, nn.Parameter)
    return nn.Parameter(fresh, tensor.requires_grad) if weight else fresh

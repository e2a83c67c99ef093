"""A reference network, and what flows through it at named places.

Whoever learns from a network or compares others with it needs more than its outputs: what its
modules give, taken by forward hooks while it runs as it always does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from monas_core.errors import UsageError

_SHOWN = 8


class Teacher:
    """A network that stays as it is, with names of the modules that are looked at.

    Args:
        network: Ready for inference, where the run computes.
        taps: Names of modules as in ``named_modules``, one for each place at which networks of
            the space are compared (``Tapped.taps``), in the order data pass them.
        source: Where it comes from, in a few words.
    """

    def __init__(self, network: nn.Module, taps: Sequence[str], source: str) -> None:
        self.network = network.requires_grad_(requires_grad=False)
        for_inference(network)
        self.taps = tuple(taps)
        self.source = source

    def features(self, inputs: Any) -> list[Tensor]:
        """What the taps give for a batch, without gradients: ``(B, ...)`` each."""
        with torch.no_grad():
            return tapped(self.network, self.taps, inputs)[1]


def for_inference(network: nn.Module) -> None:
    """Switch a network to inference, also one from an exported program, which refuses a word."""
    for module in network.modules():
        module.training = False


def tapped(network: nn.Module, taps: Sequence[str], inputs: Any) -> tuple[Any, list[Tensor]]:
    """Outputs of a network for a batch, and what the named modules gave meanwhile.

    Of a module that is run several times the last result counts; of one that gives several
    tensors the first. A name may occur twice.

    Raises:
        UsageError: The network has no such module, or it did not run.
    """
    with tapping(network, taps) as found:
        outputs = network(inputs)
    missing = [name for name in taps if name not in found]
    if missing:
        raise UsageError(f'Module "{missing[0]}" of the network gave no tensor; tap another one.')
    return outputs, [found[name] for name in taps]


@contextmanager
def tapping(network: nn.Module, taps: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """While this lasts, results of the named modules are noted by name."""
    modules, found = dict(network.named_modules()), dict[str, Tensor]()

    def noting(name: str) -> Any:
        def hook(module: nn.Module, given: Any, result: Any) -> None:
            del module, given
            tensors = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
            if tensors:
                found[name] = tensors[0]

        return hook

    unknown = [name for name in taps if name not in modules]
    if unknown:
        raise UsageError(_no_module(unknown[0], list(modules)))
    handles = [modules[name].register_forward_hook(noting(name)) for name in dict.fromkeys(taps)]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _no_module(name: str, known: Sequence[str]) -> str:
    some = [other for other in known if other][:_SHOWN]
    more = ", ..." if len(known) > _SHOWN + 1 else ""
    return f'The network has no module "{name}" to tap; it has: {", ".join(some)}{more}.'

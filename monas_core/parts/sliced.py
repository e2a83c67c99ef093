"""A supernet for every space that can build: subnets are parts of shared weights.

The space's own networks are run, called with parts of the shared weights in place of their own
(``torch.func.functional_call``). A subnet therefore computes what its network computes, at its
cost, and nothing needs to be written twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Protocol

import attrs
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _NormBase

from monas_core.errors import PluginError, UsageError
from monas_core.parts.calibration import Calibration, placed
from monas_core.parts.cuts import Cut, usual
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Task
from monas_core.parts.whole import covering, whole_network
from monas_core.seeding import seeded_construction
from monas_core.tracing.workload import Tracer
from monas_core.values.architecture import Architecture, Ends
from monas_core.values.choices import ChoiceSet

_KEPT = 64
"""Networks without weights that are kept for their next call."""
_MEAN, _VARIANCE = "running_mean", "running_var"

Tensors = dict[str, Tensor]


class Builder(Protocol):
    """What is needed of a space."""

    choices: ChoiceSet

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        """A freshly initialised network; must work on the ``meta`` device."""
        ...

    def ends(self) -> Ends:
        """The smallest and the largest network."""
        ...


@attrs.frozen(eq=False)
class Share:
    """A weight of a subnet, and the shared one it is a part of.

    Attributes:
        name: In the network.
        whole: The shared weight.
        cut: Takes the subnet's part; ``None`` where that is all of it.
        part: The subnet's weight, of which the shape counts.
        layer: Owns it.
    """

    name: str
    whole: Tensor
    cut: Cut | None
    part: Tensor
    layer: nn.Module


@attrs.frozen(eq=False)
class Skeleton:
    """A network of the space whose weights are somewhere else.

    Attributes:
        network: On ``meta``; its norms keep no statistics.
        norms: The norms that would have kept some, by name.
        constants: Its other buffers, which follow from the architecture.
        shares: Its weights, tied ones once.
        tied: Whether two of its layers are one weight.
        twins: Whether a weight or buffer has two names.
    """

    network: nn.Module
    norms: Mapping[str, _NormBase]
    constants: Tensors
    shares: Sequence[Share]
    tied: bool
    twins: bool


class SlicedSupernet(Supernet):
    """Weights of every network of a space, from its ``build`` alone.

    Of a weight that two architectures share by name, each uses the leading part, and of kernels
    of convolutions the centre. Batch norms take the statistics of the batch in training, and
    otherwise those of fixed training samples in the very subnet (``calibration``), which
    ``extract`` writes down as running statistics. All other buffers must follow from the
    architecture alone.

    Args:
        space: Whose networks.
        task: What they are for; also gives the samples for statistics.
        cuts: Other ways to take a subnet's part of a weight (``cuts``), by pattern of its name
            as the shell matches files (``*.attention.qkv.*``); the first that fits counts.
        architectures: Some whose networks together have every weight, in place of those that
            the choices suggest (``covering``).
        calibration: Number of training samples for statistics.

    Raises:
        PluginError: The networks cannot share weights by name.
    """

    def __init__(
        self,
        space: Builder,
        task: Task,
        *,
        cuts: Mapping[str, Cut] | None = None,
        architectures: Iterable[Architecture] | None = None,
        calibration: int = 64,
    ) -> None:
        super().__init__()
        self.choices = space.choices
        self._make = lambda architecture: space.build(architecture, task)
        self._cuts = dict(cuts or {})
        chosen = architectures or covering(space.choices, space.ends().largest)
        self.network = whole_network(self._make, chosen)
        self._shared = dict(self.network.named_parameters())
        self._calibration = Calibration[Tensors](task, calibration)
        self._tracer = Tracer()
        self._skeletons: OrderedDict[Architecture, Skeleton] = OrderedDict()

    def forward(self, inputs: Any, architectures: Architecture) -> Any:
        """What the network of the architecture gives for a batch.

        Raises:
            UsageError: The architecture is of another space, or no single one.
        """
        if not isinstance(architectures, Architecture):
            raise UsageError(
                f'The supernet of space "{self.choices.space}" runs one architecture at a time, '
                f"got {type(architectures).__name__}; mixtures need a space that provides "
                '"relaxed".'
            )
        skeleton = self._skeleton(architectures)
        tensors = self._parts(skeleton)
        if not self.training:
            tensors |= self._own_statistics(architectures, skeleton)
        network = skeleton.network
        if not (self.training and network.training):  # it goes through all layers
            network.train(self.training)
        return functional_call(network, tensors, (inputs,), tie_weights=skeleton.twins)

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        """As torch has it; a move may put other parameters in the place of those known."""
        moved = super()._apply(fn, recurse)
        self._shared = dict(self.network.named_parameters())
        self._skeletons.clear()
        return moved

    def extract(self, architecture: Architecture) -> nn.Module:
        """A standalone network with copies of the weights this architecture uses."""
        skeleton = self._skeleton(architecture)
        values = {**self._parts(skeleton), **self._own_statistics(architecture, skeleton)}
        network = self._fresh(architecture, skeleton)
        with torch.no_grad():
            for name, tensor in (*network.named_parameters(), *network.named_buffers()):
                if name in values:
                    tensor.copy_(values[name])
                elif name.endswith("num_batches_tracked"):
                    tensor.zero_()
        return network.train(self.training)

    def _fresh(self, architecture: Architecture, skeleton: Skeleton) -> nn.Module:
        """A network to be filled with weights, where and in the precision the shared ones are."""
        like = next(iter(self._shared.values()))
        if skeleton.constants or skeleton.tied:  # moving from meta would lose both
            with seeded_construction(0):
                return self._make(architecture).to(like.device, like.dtype)
        blank = self._tracer.build(lambda: self._make(architecture))
        return blank.to_empty(device=like.device).to(like.dtype)

    def _parts(self, skeleton: Skeleton) -> Tensors:
        """The subnet's weights, as parts of the shared ones, and its constants."""
        parts = placed(skeleton.constants, next(iter(self._shared.values())))
        for share in skeleton.shares:
            if share.cut is None:
                parts[share.name] = share.whole
                continue
            found = share.cut(share.whole, share.part, share.layer)
            if found.shape != share.part.shape:
                raise PluginError(
                    f'The cut for weight "{share.name}" of space "{self.choices.space}" gave '
                    f"{tuple(found.shape)}, the network has {tuple(share.part.shape)}."
                )
            parts[share.name] = found
        return parts

    def _share(self, layer: nn.Module, name: str, part: Tensor) -> Share:
        """Raises PluginError where the shared weight is not there or too small."""
        whole = self._shared.get(name)
        if whole is None or any(p > w for p, w in zip(part.shape, whole.shape, strict=True)):
            raise PluginError(
                f'Weight "{name}" {tuple(part.shape)} of a network of space '
                f'"{self.choices.space}" is not among the shared weights '
                f"({'none' if whole is None else tuple(whole.shape)}); name the architectures "
                "that have it: SlicedSupernet(space, task, architectures=...)."
            )
        cut = self._cut(name)
        everything = cut is usual and part.shape == whole.shape
        return Share(name, whole, None if everything else cut, part, layer)

    def _cut(self, name: str) -> Cut:
        fitting = (cut for pattern, cut in self._cuts.items() if fnmatchcase(name, pattern))
        return next(fitting, usual)

    def _own_statistics(self, architecture: Architecture, skeleton: Skeleton) -> Tensors:
        return self._statistics(architecture, skeleton, lambda: self._parts(skeleton))

    def _statistics(
        self, key: Hashable, skeleton: Skeleton, weights: Callable[[], Tensors]
    ) -> Tensors:
        """Mean and variance of every norm, by the name of the buffer that would hold it."""
        if not skeleton.norms:
            return {}

        def run(inputs: Any) -> Tensors:
            like = next(iter(self._shared.values()))
            found: Tensors = {}
            for name, norm in skeleton.norms.items():
                for kind in (_MEAN, _VARIANCE):
                    found[f"{name}.{kind}"] = like.new_zeros(norm.num_features)
            network = skeleton.network.eval()
            for norm in skeleton.norms.values():
                norm.train()
            functional_call(network, {**weights(), **found}, (inputs,))
            return found

        return self._calibration.statistics(key, self.network, run)

    def _skeleton(self, architecture: Architecture) -> Skeleton:
        known = self._skeletons.get(architecture)
        if known is None:
            self.choices.to_indices(architecture)  # refuses an architecture of another space
            known = self._skeletons[architecture] = self._bare(architecture)
            if len(self._skeletons) > _KEPT:
                self._skeletons.popitem(last=False)
        self._skeletons.move_to_end(architecture)
        return known

    def _bare(self, architecture: Architecture) -> Skeleton:
        network = self._tracer.build(lambda: self._make(architecture))
        norms: dict[str, _NormBase] = {}
        for name, layer in network.named_modules():
            if isinstance(layer, _NormBase) and layer.track_running_stats:
                norms[name] = layer
                layer.momentum = 1.0  # statistics are those of one batch
                layer.running_mean = layer.running_var = layer.num_batches_tracked = None
        constants: Tensors = {}
        names = [name for name, _ in network.named_buffers()]
        if names:
            with seeded_construction(0):
                values = dict(self._make(architecture).named_buffers())
            constants = {name: values[name] for name in names}
        shares = [self._share(*owned) for owned in _owned(network)]
        every = list(network.named_parameters(remove_duplicate=False))
        tied = len(every) > len(shares)
        buffers = list(network.named_buffers(remove_duplicate=False))
        return Skeleton(network, norms, constants, shares, tied, tied or len(buffers) > len(names))


def _owned(network: nn.Module) -> Iterator[tuple[nn.Module, str, Tensor]]:
    """Layer, name and weight of every weight of a network, tied ones once."""
    seen: set[int] = set()
    for path, layer in network.named_modules():
        for own, weight in layer._parameters.items():
            if weight is not None and id(weight) not in seen:
                seen.add(id(weight))
                yield layer, f"{path}.{own}" if path else own, weight

"""The network a person has, as the one that holds all its smaller forms."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Protocol

import attrs
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _NormBase

from monas_core.errors import UsageError
from monas_core.parts.calibration import Calibration
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_modules.slices import Places, part

_KEPT = 64
_STATISTICS = ("running_mean", "running_var")
Tensors = dict[str, Tensor]


@attrs.frozen(eq=False)
class Form:
    """A smaller form of the network.

    Attributes:
        network: On ``meta``.
        places: Which entries of the whole's tensors it has.
        whole: Whether it is the whole.
    """

    network: nn.Module
    places: Places
    whole: bool


class Former(Protocol):
    """What is needed of the space."""

    def form(self, architecture: Architecture) -> Form:
        """The smaller form that an architecture stands for. Raises UsageError for others."""
        ...


class ModuleSupernet(Supernet):
    """Physically smaller weights, taken from those of one network.

    Batch norms of smaller forms take the statistics of fixed training samples in that very form;
    the whole keeps those it came with.

    Args:
        network: The whole, in evaluation mode.
        former: Knows its forms.
        task: Gives samples for statistics.
    """

    def __init__(self, network: nn.Module, former: Former, task: Task) -> None:
        super().__init__()
        self.network = copy.deepcopy(network)
        self._former = former
        self._forms: OrderedDict[Architecture, Form] = OrderedDict()
        self._calibration = Calibration[Tensors](task, 64)

    def forward(self, inputs: Any, architectures: Architecture) -> Any:
        """Outputs of one form for a batch. Raises UsageError for anything but an architecture."""
        if not isinstance(architectures, Architecture):
            raise UsageError(
                'The supernet of space "module" runs one architecture at a time, got '
                f'{type(architectures).__name__}; mixtures need a space that provides "relaxed".'
            )
        form = self._form(architectures)
        tensors = self._parts(form)
        if not self.training:
            tensors |= self._statistics(architectures, form)
        return functional_call(form.network.train(self.training), tensors, (inputs,))

    def extract(self, architecture: Architecture) -> nn.Module:
        """A form with copies of its weights."""
        form = self._form(architecture)
        values = {**self._parts(form), **self._statistics(architecture, form)}
        like = next(self.network.parameters())
        network = copy.deepcopy(form.network).to_empty(device=like.device).to(like.dtype)
        with torch.no_grad():
            for name, tensor in (*network.named_parameters(), *network.named_buffers()):
                tensor.copy_(values[name])
        return network.train(self.training)

    def _form(self, architecture: Architecture) -> Form:
        known = self._forms.get(architecture)
        if known is None:
            known = self._forms[architecture] = self._former.form(architecture)
            if len(self._forms) > _KEPT:
                self._forms.popitem(last=False)
        self._forms.move_to_end(architecture)
        return known

    def _parts(self, form: Form) -> Tensors:
        """Weights and buffers of a form; buffers are copies, which a pass may change."""
        own = {name for name, _ in form.network.named_parameters()}
        found = {
            name: part(weight, form.places.get(name, {}))
            for name, weight in self.network.named_parameters()
            if name in own
        }
        buffers = {name for name, _ in form.network.named_buffers()}
        for name, buffer in self.network.named_buffers():
            if name in buffers:
                found[name] = part(buffer, form.places.get(name, {})).clone()
        return found

    def _statistics(self, architecture: Architecture, form: Form) -> Tensors:
        """Running statistics of the norms of a smaller form, of fixed training samples."""
        norms = {
            name: layer
            for name, layer in form.network.named_modules()
            if isinstance(layer, _NormBase) and layer.track_running_stats
        }
        if form.whole or not norms:
            return {}

        def run(inputs: Any) -> Tensors:
            tensors = self._parts(form)
            network = form.network.eval()
            momenta: Mapping[str, float | None] = {n: norm.momentum for n, norm in norms.items()}
            for norm in norms.values():
                norm.train()
                norm.momentum = 1.0  # statistics of this one batch
            functional_call(network, tensors, (inputs,))
            for name, norm in norms.items():
                norm.eval()
                norm.momentum = momenta[name]  # pyright: ignore[reportAttributeAccessIssue]
            return {f"{n}.{kind}": tensors[f"{n}.{kind}"] for n in norms for kind in _STATISTICS}

        return self._calibration.statistics(architecture, self.network, run)

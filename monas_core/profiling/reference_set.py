"""The networks every device is described by, and a digest that says which they are."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import attrs
from torch import Tensor
from torch.utils._pytree import tree_flatten

from monas_core.parts.context import Context
from monas_core.tracing.workload import Tracer
from monas_core.values.architecture import Architecture


@attrs.frozen
class ReferenceSet:
    """The reference networks of one space at one size, for one task.

    Attributes:
        space, preset, version: Of the search space.
        task: Its name; classes and lengths of the data shape the networks too.
        architectures: In the order of every list of costs.
        digest: Of the architectures, the number of weights of each network and the shape
            of its inputs: 16 hexadecimal digits. Profiles with equal digests describe
            measurements of equal networks.
    """

    space: str
    preset: str
    version: int
    task: str
    architectures: tuple[Architecture, ...] = attrs.field(converter=tuple)
    digest: str

    @classmethod
    def of(cls, context: Context) -> ReferenceSet:
        """The reference set of a space and task; builds the networks without weights."""
        space, task = context.space, context.require_task()
        found = tuple(dict.fromkeys(space.references()))
        tracer = Tracer()
        weights = []
        for architecture in found:
            network = tracer.build(lambda chosen=architecture: space.build(chosen, task))
            weights.append(sum(parameter.numel() for parameter in network.parameters()))
        text = json.dumps(
            [[a.to_json() for a in found], weights, input_shapes(context)], sort_keys=True
        )
        return cls(
            space=space.name,
            preset=space.preset,
            version=space.choices.version,
            task=task.name,
            architectures=found,
            digest=hashlib.sha256(text.encode()).hexdigest()[:16],
        )

    @property
    def keys(self) -> list[str]:
        """Names of the networks, in order."""
        return [architecture.key for architecture in self.architectures]


def input_shapes(context: Context, batch: int = 1) -> list[dict[str, Any]]:
    """Shape and type of every input tensor, in the order a network takes them."""
    leaves = tree_flatten(context.require_task().example(batch))[0]
    return [
        {"shape": list(leaf.shape), "type": str(leaf.dtype).removeprefix("torch.")}
        for leaf in leaves
        if isinstance(leaf, Tensor)
    ]

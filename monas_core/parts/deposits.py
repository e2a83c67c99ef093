"""Networks of single architectures that take the place of weights inherited from a supernet.

A method that prunes or trains networks one by one ends with weights that no supernet holds: its
networks keep channels of their own. They are kept here, by architecture, and with the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from monas_core.errors import PluginError
from monas_core.parts.space import SearchSpace
from monas_core.parts.task import Task
from monas_core.seeding import seeded_construction
from monas_core.tracing.workload import Tracer
from monas_core.values.architecture import Architecture


@attrs.define(eq=False)
class Deposits:
    """Weights by architecture."""

    _kept: dict[Architecture, dict[str, Tensor]] = attrs.field(factory=dict)
    _tracer: Tracer = attrs.field(factory=Tracer)

    def __contains__(self, architecture: Architecture) -> bool:
        return architecture in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def keep(
        self, space: SearchSpace, task: Task, architecture: Architecture, network: nn.Module
    ) -> None:
        """Keep copies of the weights of a network of an architecture.

        Raises:
            PluginError: It is another network.
        """
        blank = self._tracer.build(lambda: space.build(architecture, task))
        wanted = {name: value.shape for name, value in blank.state_dict().items()}
        given = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
        odd = [n for n in {**wanted, **given} if n not in given or given[n].shape != wanted.get(n)]
        if odd:
            raise PluginError(
                f"A network was deposited for architecture {architecture.key} whose {odd[0]} is "
                f"{tuple(given[odd[0]].shape) if odd[0] in given else 'missing'}, and not "
                f"{tuple(wanted[odd[0]]) if odd[0] in wanted else 'not there'} as in a network "
                f'that space "{space.name}" builds.'
            )
        self._kept[architecture] = given

    def network(
        self, space: SearchSpace, task: Task, architecture: Architecture, place: torch.device
    ) -> nn.Module:
        """A standalone network with the weights that were kept."""
        with seeded_construction(0):
            network = space.build(architecture, task)
        network.load_state_dict(self._kept[architecture])
        return network.to(place)

    def state(self) -> list[dict[str, Any]]:
        """Everything, as a run keeps it."""
        return [
            {"architecture": architecture.to_json(), "weights": dict(weights)}
            for architecture, weights in self._kept.items()
        ]

    def restore(self, space: SearchSpace, state: Sequence[Mapping[str, Any]]) -> None:
        """Inverse of ``state``."""
        self._kept = {
            space.choices.from_json(item["architecture"]): dict(item["weights"]) for item in state
        }

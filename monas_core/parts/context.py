"""Everything an objective may need to evaluate an architecture, in one object."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import torch

from monas_core.computing.engine import Engine
from monas_core.errors import Unavailable
from monas_core.parts.deposits import Deposits
from monas_core.parts.helpers import Helpers
from monas_core.parts.scoring import Passes
from monas_core.parts.space import SearchSpace
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Part, Task, placed
from monas_core.parts.teacher import Teacher
from monas_core.tracing.workload import Tracer, Workload
from monas_core.values.architecture import Architecture

if TYPE_CHECKING:
    from torch import nn


@attrs.define(eq=False)
class Context:
    """Space, task, supernet and the caches that belong to them.

    Attributes:
        space: The search space.
        task: ``None`` for problems on published tables.
        supernet: ``None`` where the run trains none, and for problems on published tables.
        torch_device: Where networks run on this machine.
        pretrained: Whether the space's supernet has good weights before anything is trained.
        teacher: Gives the reference network of a run that has one; ``require_teacher`` asks.
        engine: What computes the steps of trainings.
        rate_factor: On every learning rate of this run: less than 1 after its weights diverged.
        helpers: Other processes of the run, where there are some.
        ahead: Architectures that are about to be asked for their scores, one by one.
        workloads: What was traced so far, by architecture and samples per inference.
        deposits: Networks that an optimizer has trained itself, in place of inherited weights.
    """

    space: SearchSpace
    task: Task | None = None
    supernet: Supernet | None = None
    torch_device: torch.device = attrs.field(factory=lambda: torch.device("cpu"))
    pretrained: bool = False
    teacher: Callable[[], Teacher] | None = None
    engine: Engine = attrs.field(factory=Engine)
    rate_factor: float = 1.0
    helpers: Helpers | None = None
    ahead: Sequence[Architecture] = ()
    workloads: dict[tuple[Architecture, int], Workload] = attrs.field(factory=dict, init=False)
    deposits: Deposits = attrs.field(factory=Deposits, init=False)
    _tracer: Tracer = attrs.field(factory=Tracer, init=False)
    _passes: Passes = attrs.field(factory=Passes, init=False)
    _teacher: Teacher | None = attrs.field(default=None, init=False)

    def workload(self, architecture: Architecture, batch: int = 1) -> Workload:
        """Kernels of one inference pass (cached). Needs a task."""
        known = self.workloads.get((architecture, batch))
        if known is None:
            task = self.require_task()
            network = self._tracer.build(lambda: self.space.build(architecture, task))
            known = self._tracer.trace(network, task.example(batch))
            self.workloads[architecture, batch] = known
        return known

    def scores(self, architecture: Architecture, part: Part) -> Mapping[str, float]:
        """All scores of a subnet on a part, with the weights the supernet has now.

        Evaluated in one pass, and once as long as the weights stay as they are.

        Raises:
            Unavailable: There is no supernet to take weights from.
        """
        if self.supernet is None:
            raise Unavailable(
                "A score needs weights from a supernet, and this run has none; "
                "choose a space that provides one."
            )
        task = self.require_task()
        if architecture in self.deposits:
            return self._passes.alone(task, lambda: self.network(architecture), architecture, part)
        if self.helpers is not None and architecture in self.ahead:
            fresh = [a for a in self.ahead if a not in self.deposits]
            self.ahead = ()  # a helper asks for its share here, too
            missing = self._passes.missing(self.supernet, fresh, part)
            if len(missing) > 1:
                self._passes.learn(self.supernet, part, self.helpers.scores(missing, part))
        return self._passes.scores(task, self.supernet, architecture, part)

    def original(self) -> nn.Module:
        """The network that all others are to come close to, ready for inference.

        The checkpoint as it came where the space has one, whatever the supernet learnt since;
        else the largest subnet as it is now.

        Raises:
            Unavailable: There is no supernet to take it from.
        """
        if self.supernet is None:
            raise Unavailable("This run has no supernet to take the largest subnet from.")
        supernet = self.supernet
        if self.pretrained:
            supernet = self.space.supernet(self.require_task()).to(self.torch_device)
        return (
            supernet.extract(self.space.ends().largest).eval().requires_grad_(requires_grad=False)
        )

    def network(self, architecture: Architecture) -> nn.Module:
        """A standalone network: the deposited one, else with inherited weights if there are."""
        if architecture in self.deposits:
            task, place = self.require_task(), self.torch_device
            return self.deposits.network(self.space, task, architecture, place)
        if self.supernet is not None:
            return self.supernet.extract(architecture)
        return self.space.build(architecture, self.require_task()).to(self.torch_device)

    def example(self, batch: int = 1) -> Any:
        """Example inputs on this machine's torch device."""
        inputs = self.require_task().example(batch)
        return placed(inputs, self.torch_device)

    def require_supernet(self) -> Supernet:
        """The supernet; a programming error without one: who reads it declares that need."""
        if self.supernet is None:
            raise RuntimeError("this problem has no supernet: its spec lacks the need of one")
        return self.supernet

    def require_teacher(self) -> Teacher:
        """The reference network, loaded on first use.

        A programming error without one: who reads it declares that need.
        """
        if self._teacher is None:
            if self.teacher is None:
                raise RuntimeError("this problem has no teacher: its spec lacks the need of one")
            self._teacher = self.teacher()
        return self._teacher

    def require_task(self) -> Task:
        """The task; a programming error without one."""
        if self.task is None:
            raise RuntimeError("this problem has no task: nothing can be built or traced")
        return self.task

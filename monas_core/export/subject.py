"""What is exported: a network ready for inference, and the data it is checked with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import attrs
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

from monas_core.parts.space import SearchSpace
from monas_core.parts.task import Task
from monas_core.parts.usage import Usage
from monas_core.running.session import Session
from monas_core.seeding import derived_generator
from monas_core.values.architecture import Architecture

TRACED_BATCH = 2
"""A batch of one would be taken for a constant by the tracer."""


@attrs.frozen(eq=False)
class Subject:
    """A network to export.

    Attributes:
        network: In evaluation mode, on the CPU.
        architecture: What it is.
        inputs: Example batch of ``TRACED_BATCH`` samples it is traced with.
        single: One sample as a deployed model receives it; for timing.
        probes: Batches it is compared on: real samples, of several sizes and lengths.
        space: The search space it is of.
        capabilities: What the space's spec says it provides.
        facts: Plain values for the files that are written beside the weights.
        usage: What the task says of how it is used.
        evidence: What the run found of this network: ``{"device", "name", "value", "unit",
            "origin"}`` each.
    """

    network: nn.Module
    architecture: Architecture
    inputs: Any
    single: Any
    probes: Sequence[Any]
    space: SearchSpace
    capabilities: frozenset[str]
    facts: Mapping[str, Any]
    usage: Usage | None = None
    evidence: Sequence[Mapping[str, Any]] = ()

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def outputs(self, inputs: Any) -> list[Tensor]:
        """Every tensor the network answers, in order."""
        with torch.no_grad():
            return tree_flatten(self.network(inputs))[0]


def subject(
    session: Session, architecture: Architecture, network: nn.Module, **known: Any
) -> Subject:
    """Prepare a standalone network of a run for export.

    Args:
        session: Of the run; gives task and space.
        architecture: What the network is.
        network: With the weights to ship; it is moved to the CPU and put into evaluation mode.
        known: Verbatim to ``prepared``.
    """
    task, seed = session.context.require_task(), session.plan.config.seed
    return prepared(session.plan.space, task, architecture, network, seed=seed, **known)


def prepared(
    space: SearchSpace,
    task: Task,
    architecture: Architecture,
    network: nn.Module,
    *,
    seed: int,
    capabilities: frozenset[str] = frozenset(),
    facts: Mapping[str, Any] | None = None,
    usage: Usage | None = None,
    evidence: Sequence[Mapping[str, Any]] = (),
) -> Subject:
    """Prepare a standalone network of a space for export.

    Args:
        space: Its space.
        task: What it was built for.
        architecture: What it is.
        network: With the weights to ship; it is moved to the CPU and put into evaluation mode.
        seed: Of the samples it is compared on.
        capabilities: What the spec of the space provides.
        facts: Further plain values to be written beside the weights.
        usage: How the task is used, where the run remembers it; else the task is asked.
        evidence: What the run found of it.
    """
    example = task.example(TRACED_BATCH)
    samples = task.batch("test", 3, derived_generator(seed, "export")).inputs
    if not _alike(samples, example):
        samples = tree_map(lambda x: torch.cat([x, x[:1]]), example)
    score = task.score
    return Subject(
        network=network.cpu().eval(),
        architecture=architecture,
        inputs=_apart(example),
        single=task.example(1),
        probes=[samples, _shortened(tree_map(lambda x: x[:1], samples)), task.example(1)],
        space=space,
        capabilities=capabilities,
        facts={
            "architecture": architecture.to_json(),
            "key": architecture.key,
            "preset": space.preset,
            "task": _without_folders(task.name),
            "outputs": task.n_outputs,
            "score": {"name": score.name, "unit": score.unit, "direction": score.direction},
            **(facts or {}),
        },
        usage=usage or task.usage(),
        evidence=evidence,
    )


def _without_folders(task: str) -> str:
    """The name of a task without folders: where a person's data lie is nobody's concern."""
    kind, colon, paths = task.partition(":")
    named = [PurePosixPath(path.replace("\\", "/")).name for path in paths.split(",")]
    return kind + colon + ",".join(named)


def is_sequence(tensor: Tensor) -> bool:
    """Whether the second dimension is a length: so it is for identifiers of tokens."""
    return tensor.dim() >= 2 and not tensor.is_floating_point()


def _alike(first: Any, second: Any) -> bool:
    """Whether two batches have one structure and samples of one kind."""
    (a, structure), (b, other) = tree_flatten(first), tree_flatten(second)
    return structure == other and all(
        x.dtype == y.dtype and x.dim() == y.dim() and (is_sequence(x) or x.shape[1:] == y.shape[1:])
        for x, y in zip(a, b, strict=True)
    )


def _apart(inputs: Any) -> Any:
    """Sequences of different inputs get different lengths, so that none is tied to another."""
    leaves, structure = tree_flatten(inputs)
    cut: list[Tensor] = []
    taken: set[int] = {TRACED_BATCH}
    for leaf in leaves:
        length = leaf.shape[1] if is_sequence(leaf) else 0
        while length in taken and length > TRACED_BATCH + 1:
            length -= 1
        taken.add(length)
        # a view would be traced together with what it is a view of
        cut.append(leaf[:, :length].clone() if is_sequence(leaf) else leaf.clone())
    return tree_unflatten(cut, structure)


def _shortened(inputs: Any) -> Any:
    """Sequences cut to about half, each to another length."""
    leaves, structure = tree_flatten(inputs)
    cut = [
        leaf[:, : max(1, leaf.shape[1] // 2 - index)] if is_sequence(leaf) else leaf
        for index, leaf in enumerate(leaves)
    ]
    return tree_unflatten(cut, structure)

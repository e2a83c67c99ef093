"""What the contracts of spaces and supernets share: stages, outputs, comparisons, suspects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from monas_core.catalog.specs import TAKES_ARGUMENT, Entry
from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.space import SearchSpace
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Task
from monas_core.seeding import seeded_construction
from monas_core.testing.stages import Stage, Stages
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation

TOLERANCE = 1e-4
"""Of outputs in float32, relative to their largest magnitude (at least 1)."""


def task_of(space: SearchSpace, stages: Stages) -> Task:
    """A task its networks can be built for; without one nothing can be checked: a failure."""
    found = stages.task_for(space)
    if found is None:
        lacking = stages.lacking(space)
        if lacking:
            pytest.skip(f"declared for tasks that cannot be made here: {lacking}")
        words = ", ".join(sorted(space.modalities)) or "nothing"
        pytest.fail(
            f'space "{space.name}" builds networks for {words}, but no installed task of that '
            "modality can be made from its name alone, so none of its networks can be tried. "
            "Offer a small task without an argument in the same package, or correct "
            "`modalities`. Read: monas_core.parts.task.Task, SearchSpace.modalities"
        )
    return found[0]


def prepared(space: SearchSpace, stages: Stages) -> Stage:
    """A space with a task and a supernet whose weights are all generic, in eval mode."""
    task = task_of(space, stages)
    supernet = seeded(space, task, 0)
    disturb(supernet, 1)
    context = Context(space, task, supernet.eval())
    return Stage(space.preset, frozenset({"supernet"}), context)


def seeded(space: SearchSpace, task: Task, seed: int) -> Supernet:
    """A supernet as a run with this seed begins with."""
    with seeded_construction(seed):
        return space.supernet(task)


def disturb(network: nn.Module, seed: int) -> None:
    """Add noise to every weight: one that starts at zero would hide what it multiplies."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in network.parameters():
            if weight.is_floating_point():
                weight.add_(0.1 * torch.randn(weight.shape, generator=generator).to(weight.dtype))


def supernet_of(stage: Stage) -> Supernet:
    """The supernet of a stage that has one."""
    assert stage.context.supernet is not None
    return stage.context.supernet


def inputs_of(stage: Stage, size: int, seed: int = 5) -> Any:
    """A batch of training inputs."""
    generator = torch.Generator().manual_seed(seed)
    return stage.context.require_task().batch("train", size, generator).inputs


def rows(tree: Any, part: slice) -> Any:
    """Some samples of a batch."""
    return tree_map(lambda leaf: leaf[part], tree)


def one_hot(stage: Stage, architectures: Sequence[Architecture]) -> Relaxation:
    """Architectures as a relaxation."""
    return Relaxation.from_architectures(stage.context.space.choices, architectures)


def takes_mixtures(stage: Stage) -> bool:
    """Whether the supernet runs relaxations at all; one that does not may refuse them."""
    try:
        with torch.no_grad():
            supernet_of(stage)(inputs_of(stage, 2), one_hot(stage, stage.architectures(1)))
    except (NotImplementedError, UsageError):
        return False
    return True


def gap(found: Any, expected: Any) -> float:
    """Largest difference relative to the largest magnitude (at least 1); inf for other shapes."""
    left, right = tree_leaves(found), tree_leaves(expected)
    if [leaf.shape for leaf in left] != [leaf.shape for leaf in right]:
        return float("inf")
    gaps = [
        float((a.double() - b.double()).abs().max() / b.double().abs().max().clamp_min(1.0))
        for a, b in zip(left, right, strict=True)
    ]
    return max((float("inf") if g != g else g) for g in gaps)


def plain_tensors(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Tensors that are neither parameter nor buffer, by the path of their attribute.

    Another name for a registered one moves and is saved with it.
    """
    registered = {id(tensor) for tensor in (*network.parameters(), *network.buffers())}
    for path, module in network.named_modules():
        for name, value in vars(module).items():
            if name in ("_parameters", "_buffers", "_modules"):
                continue
            for leaf in (x for x in _tensors(value) if id(x) not in registered):
                yield f"{path}.{name}".lstrip("."), leaf


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors(item)
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from _tensors(item)
    elif not isinstance(value, nn.Module) and hasattr(value, "__dict__") and not callable(value):
        for item in vars(value).values():
            if isinstance(item, Tensor):
                yield item


def suspects(network: nn.Module) -> str:
    """Names of plain tensors for a message; empty where there is none."""
    names = sorted({name for name, _ in plain_tensors(network)})
    return f" (plain tensors: {', '.join(names)})" if names else ""


def train_a_little(stage: Stage, supernet: Supernet, steps: int = 4) -> None:
    """A few steps of plain gradient descent on sliced subnets, as a warm-up does."""
    task = stage.context.require_task()
    updater = torch.optim.SGD(supernet.parameters(), lr=1e-3)
    generator = torch.Generator().manual_seed(8)
    supernet.train()
    members = stage.architectures(4)
    for step in range(steps):
        batch = task.batch("train", 4, generator)
        updater.zero_grad()
        outputs = supernet(batch.inputs, members[step % len(members)])
        task.loss(outputs, batch.targets).mean().backward()
        updater.step()
    supernet.zero_grad(set_to_none=True)
    supernet.eval()


def presets_of(subject: type[SearchSpace], entry: Entry | None) -> list[SearchSpace]:
    """The space at every size; ``tiny()`` alone of one that is made from something of a person's.

    That it has the size that was asked for is seen on the way.
    """
    if entry is not None and TAKES_ARGUMENT in entry.spec.provides:
        return [subject.tiny()]
    found: list[SearchSpace] = []
    for preset in subject.presets:
        found.append(subject(preset=preset))  # pyright: ignore[reportCallIssue]
        assert found[-1].preset == preset
    return found

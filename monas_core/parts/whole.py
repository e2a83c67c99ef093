"""One network that holds every weight of a space, put together from networks of the space.

Weights are matched by name: two architectures share a weight where both have one of that name,
and a module that only some have (a deeper layer, an operation of its own) is taken over from one
that has it. The result is a store of weights and is never run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, product

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from monas_core.errors import PluginError
from monas_core.tracing.workload import Tracer
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet, families

Build = Callable[[Architecture], nn.Module]
_MOST = 1024
"""Architectures that are looked at, at most."""

Answer = tuple[Sequence[int], int]
"""Choices, by number, and the option that all of them take."""


def covering(choices: ChoiceSet, largest: Architecture) -> list[Architecture]:
    """Architectures whose networks together should have every weight of a space.

    The largest first; then, with all else as in it, each option of each kind of choice (those
    with equal options, all at once), each pair of such options, and each option of each choice
    alone. What an option needs to have an effect is switched on, in every way there is.
    """
    indices = choices.to_indices(largest)
    active = choices.active(indices)
    # what the largest leaves open answers with its last option, as in a space ordered by size
    base = [i if on else n - 1 for i, on, n in zip(indices, active, choices.sizes, strict=True)]
    kinds = [_answers(choices, members) for members in families(choices)]
    alone = [_answers(choices, [member]) for member in range(len(choices))]
    tried: list[tuple[Answer, ...]] = [(answer,) for kind in kinds for answer in kind]
    tried += [pair for one, two in combinations(kinds, 2) for pair in product(one, two)]
    tried += [(answer,) for own in alone for answer in own]
    rows = [base, *(row for answers in tried[:_MOST] for row in _rows(choices, base, answers))]
    distinct = population.unique_rows(population.canonical(choices, torch.tensor(rows)))
    return population.decode(choices, distinct)


def _answers(choices: ChoiceSet, members: Sequence[int]) -> list[Answer]:
    return [(members, option) for option in range(choices.sizes[members[0]])]


def _rows(choices: ChoiceSet, base: list[int], answers: Iterable[Answer]) -> Iterator[list[int]]:
    """The base with some answers, once for every way to switch their choices on."""
    answers = list(answers)
    for way in range(max(_ways(choices, m) for members, _ in answers for m in members)):
        row = list(base)
        for members, _ in answers:
            for member in members:
                _switch_on(choices, row, member, way)
        for members, option in answers:
            for member in members:
                row[member] = option
        yield row


def _ways(choices: ChoiceSet, member: int) -> int:
    link = choices.parents[member]
    return len(link[1]) if link else 1


def _switch_on(choices: ChoiceSet, row: list[int], member: int, way: int) -> None:
    """Give the choices that a choice depends on answers under which it counts."""
    link = choices.parents[member]
    if link is not None:
        parent, on = link
        _switch_on(choices, row, parent, way)
        if row[parent] not in on or len(on) > 1:
            row[parent] = on[way % len(on)]


def whole_network(build: Build, architectures: Iterable[Architecture]) -> nn.Module:
    """The store of all weights that the networks of some architectures have.

    Fresh weights are those of the first network that has one; where another has more of it, the
    rest is drawn with the mean and the deviation of what there is.

    Raises:
        PluginError: Weights of one name have different numbers of dimensions.
    """
    tracer, shapes = Tracer(), dict[str, list[int]]()
    network: nn.Module | None = None
    for architecture in architectures:
        blank = tracer.build(lambda: build(architecture))  # noqa: B023 - called at once
        if not _adds(shapes, blank):
            continue
        found = build(architecture)
        if network is None:
            network = found
        else:
            _graft(network, found)
    assert network is not None
    for name, weight in list(network.named_parameters()):
        owner, own = _parent(network, name)
        owner._parameters[own] = _enlarged(weight, shapes[name])
    for module in network.modules():  # constants and statistics belong to subnets
        for name in module._buffers:
            module._buffers[name] = None
        if isinstance(module, _NormBase):
            module.track_running_stats = False
    return network


def _adds(shapes: dict[str, list[int]], blank: nn.Module) -> bool:
    """Whether a network has a weight of a new name; keeps the largest shape of every name."""
    new = False
    for name, weight in blank.named_parameters():
        known = shapes.get(name)
        if known is None:
            shapes[name], new = list(weight.shape), True
            continue
        if len(known) != weight.dim():
            raise PluginError(
                f'Weight "{name}" has {len(known)} dimensions in one architecture and '
                f"{weight.dim()} in another, so they cannot share it; give them different names."
            )
        shapes[name] = [max(a, b) for a, b in zip(known, weight.shape, strict=True)]
    return new


def _graft(network: nn.Module, other: nn.Module) -> None:
    """Take over every module and weight that a network lacks."""
    for path, module in other.named_modules():
        parent, name = _parent(network, path)
        if path and parent._modules.get(name) is None:
            setattr(parent, name, module)
    for path, weight in other.named_parameters():
        owner, name = _parent(network, path)
        if owner._parameters.get(name) is None:
            owner._parameters[name] = weight


def _parent(network: nn.Module, path: str) -> tuple[nn.Module, str]:
    """The module that a dotted path ends in, and the last name of the path."""
    above, _, name = path.rpartition(".")
    return network.get_submodule(above), name


def _enlarged(weight: nn.Parameter, shape: list[int]) -> nn.Parameter:
    """A weight of a larger shape, with the values there are in front."""
    if shape == list(weight.shape):
        return weight
    with torch.no_grad():
        whole = weight.new_empty(shape)
        whole.normal_(float(weight.mean()), float(weight.std(correction=0)))
        whole[tuple(slice(size) for size in weight.shape)] = weight
    return nn.Parameter(whole, requires_grad=weight.requires_grad)

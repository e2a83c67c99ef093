"""A search space declares choices and builds networks from answers to them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import torch
from torch import Tensor

from monas_core.computing.rules import MATRIX_RATE
from monas_core.errors import UsageError
from monas_core.values import population
from monas_core.values.architecture import Architecture, Ends
from monas_core.values.choices import ChoiceSet
from monas_core.values.recipe import Recipe
from monas_core.values.relaxation import Relaxation

if TYPE_CHECKING:
    from torch import nn

    from monas_core.parts.supernet import Supernet
    from monas_core.parts.task import Task


@attrs.frozen
class WarmUp:
    """How a space's supernet is best trained before the search, by preset.

    Attributes:
        steps: Steps of one subnet each.
        batch_size: Samples per step.
        learning_rate: Peak of the schedule, for what AdamW updates.
        random_subnets: Random subnets per round, beside the largest and the smallest.
        rates: Factors on the learning rates of the supernet's parts, by tag; 1 for the rest.
        matrix_rate: Peak for the matrices that Muon updates. Its step is orthogonal, so the rate
            does not depend on a network's width; weights that are good already want less.
        recipe: How weights are updated. Its precision is for accelerators: on a CPU ``fp32`` is
            used unless a person asks for another.
    """

    steps: int
    batch_size: int
    learning_rate: float
    random_subnets: int = 2
    rates: Mapping[str, float] = attrs.field(factory=dict)
    matrix_rate: float = MATRIX_RATE
    recipe: Recipe = attrs.field(factory=Recipe)


class SearchSpace(ABC):
    """Choices, and the networks they stand for.

    ``choices`` and ``build`` are enough; the supernet then shares weights by name.

    Attributes:
        name: As given on the command line.
        preset: Which size was asked for.
        choices: The decisions. Encoding, sampling and counting derive from them.
        modalities: Modalities of the tasks it can build networks for.
        presets: Names of the sizes, smallest first.
        warm_up: Recommended training of the supernet at this preset.
        by_strength: Choices that a mixture answers by which of the choices they switch on are
            strongest, not by their own weights (``discretise``).
        proxy: A space of the same choices on whose networks architectures are learnt at less
            cost, where there is one. What is found is built, trained and counted here.
        argument: Of ``NAME:ARGUMENT``, so that it is found again from any folder.
        notes: What a person should know of it before a run starts.
        task_options: Options that a task needs to fit the space, where it knows them and nobody
            said otherwise: the tokenizer of a checkpoint.
    """

    name: ClassVar[str]
    modalities: ClassVar[frozenset[str]]
    presets: ClassVar[tuple[str, ...]]
    preset: str
    choices: ChoiceSet
    warm_up: WarmUp
    by_strength: tuple[str, ...] = ()
    proxy: SearchSpace | None = None
    argument: str | None = None
    notes: tuple[str, ...] = ()
    task_options: Mapping[str, Any] = {}

    @classmethod
    @abstractmethod
    def tiny(cls) -> SearchSpace:
        """An instance small enough to enumerate (at most 20,000 architectures), for contracts.

        Its networks are built and run in milliseconds: give it few choices and small widths.
        """

    def supernet(self, task: Task) -> Supernet:
        """A freshly initialised supernet for a task; by default one made from ``build``.

        Return a ``SlicedSupernet`` with arguments to say which part of a weight a subnet uses,
        or a ``Supernet`` of your own to be faster, or to run mixtures (``RelaxedSupernet``).
        """
        from monas_core.parts.sliced import SlicedSupernet  # a space on tables needs no networks

        return SlicedSupernet(self, task)

    @abstractmethod
    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        """A freshly initialised standalone network; must work on the ``meta`` device."""

    def ends(self) -> Ends:
        """The smallest and the largest network, by weights or by operations.

        By default the first and the last option of every choice: order them so, or override
        this. The ends are trained most often, span the scales and are evaluated first.
        """
        return Ends(*population.decode(self.choices, population.corners(self.choices)))

    def references(self) -> list[Architecture]:
        """The fixed architectures every device is described by (its hardware embedding).

        The same in every run; raise the version of the choices to change them.
        """
        rows = population.reference_population(self.choices, ends=end_rows(self))
        return population.decode(self.choices, rows)

    def available(self, rows: Tensor) -> Tensor:
        """Which rows of a population ``(n, C)`` can be evaluated at all, ``(n,)`` bool.

        All of them, unless values come from a table that has gaps.
        """
        return torch.ones(len(rows), dtype=torch.bool)

    def describe(self, relaxation: Relaxation) -> Tensor:
        """What is known of architectures beyond their options, ``(A, D)``, for predictors.

        Numbers of the order of 1 that follow from the weights, differentiably: what equal
        networks have in common though their options differ, say. None by default.
        """
        return relaxation.weights.new_zeros(len(relaxation), 0)


class Tapped(ABC):
    """What a space also is whose networks can be compared by their features.

    It declares ``taps`` in its spec.
    """

    @abstractmethod
    def taps(self, architecture: Architecture) -> tuple[str, ...]:
        """Modules of ``build``'s network at whose results networks can be compared.

        As many for every architecture, in the order data pass them; a name may occur twice where
        a network has fewer.
        """


def taps_of(space: SearchSpace, architecture: Architecture) -> tuple[str, ...]:
    """The taps of a network; none where the space has none."""
    return space.taps(architecture) if isinstance(space, Tapped) else ()


def end_rows(space: SearchSpace) -> Tensor:
    """Option indices of the smallest and the largest network, ``(2, C)``."""
    ends = space.ends()
    return population.encode(space.choices, [ends.smallest, ends.largest])


def check_preset(space: type[SearchSpace], preset: str) -> str:
    """The preset, if the space has it; UsageError otherwise."""
    if preset not in space.presets:
        raise UsageError(
            f'Space "{space.name}" has no preset "{preset}"; it has: {", ".join(space.presets)}.'
        )
    return preset

"""What a batch is chosen for: the acquisition functions and their quick forms."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

import torch
from torch import Tensor

from monas_bayes.candidates import best_first
from monas_bayes.libraries import (
    AcquisitionFunction,
    FastNondominatedPartitioning,
    GenericMCObjective,
    NumericsWarning,
    SobolQMCNormalSampler,
    get_chebyshev_scalarization,
    optimize_acqf_discrete,
    qExpectedHypervolumeImprovement,
    qNoisyExpectedHypervolumeImprovement,
    qNoisyExpectedImprovement,
)
from monas_bayes.outlook import Outlook
from monas_core.values.preference import sample_simplex

Scalarise = Callable[..., Tensor]
"""Maximised points ``(..., M)`` to what is improved ``(...)``."""

_CHUNK = 512
"""Candidates whose gains are computed at once; bounds memory."""


class Goal(ABC):
    """Chooses a batch for one device.

    Args:
        outlook: What is known and believed.
        count: Architectures in the batch.
        samples: Posterior draws of an acquisition function.
        generator: Where randomness comes from.
    """

    def __init__(
        self, outlook: Outlook, count: int, samples: int, generator: torch.Generator
    ) -> None:
        self.outlook = outlook
        self.count = count
        self._samples = samples
        self._seed = int(torch.randint(2**31 - 1, (), generator=generator))

    def sampler(self) -> SobolQMCNormalSampler:
        """Quasi-random draws, the same in every call."""
        return SobolQMCNormalSampler(torch.Size([self._samples]), seed=self._seed)

    @abstractmethod
    def gains(self, inputs: Tensor) -> Tensor:
        """Expected gain of each of ``(n, d)`` on its own, ``(n, G)`` for G aims of the batch."""

    @abstractmethod
    def shortlist(self, inputs: Tensor, size: int) -> Tensor:
        """Indices of about ``size`` of ``(n, d)`` among which a good batch is to be found."""

    @abstractmethod
    def pick(self, inputs: Tensor) -> Tensor:
        """Indices ``(count,)`` of a batch among ``(n, d)``, chosen one after the other."""


class Hypervolume(Goal):
    """Expected improvement of the hypervolume over the evaluated front.

    Daulton et al., NeurIPS 2020 (qEHVI).
    """

    thrift: ClassVar[int] = 3
    """Divides the shortlist: inclusion and exclusion of a batch takes 2 ** count terms."""

    def gains(self, inputs: Tensor) -> Tensor:
        """Expected hypervolume improvement, ``(n, 1)``."""
        front = self.outlook.values[self.outlook.on_front]
        return self._improvement(self.outlook.draws(inputs), front)[:, None]

    def shortlist(self, inputs: Tensor, size: int) -> Tensor:
        """The best one and its runners-up, then those that are best if its mean comes true, ...

        The best by single gains alone lie side by side, and a batch needs all of the front.
        """
        draws, front = self.outlook.draws(inputs), self.outlook.values[self.outlook.on_front]
        each = max(1, size // (self.count * self.thrift))
        left = torch.ones(len(inputs), dtype=torch.bool)
        listed: list[Tensor] = []
        for _ in range(min(self.count, -(-len(inputs) // each))):
            places = left.nonzero()[:, 0]
            gains = self._improvement(draws[:, places], front)
            best = places[gains.argsort(descending=True, stable=True)[:each]]
            left[best] = False
            listed.append(best)
            front = torch.cat([front, draws[:, best[0]].mean(0)[None]])
        return torch.cat(listed)

    def _improvement(self, draws: Tensor, front: Tensor) -> Tensor:
        """Mean improvement ``(n,)`` of a front ``(k, M)`` by draws ``(S, n, M)``."""
        lower, upper = self._partitioning(front).get_hypercell_bounds()  # (K, M) each
        found: list[Tensor] = []
        for chunk in draws.split(_CHUNK, dim=1):
            corner = torch.minimum(chunk[..., None, :], upper)  # (S, n, K, M)
            found.append((corner - lower).clamp_min(0.0).prod(-1).sum(-1).mean(0))
        return torch.cat(found)

    def pick(self, inputs: Tensor) -> Tensor:
        """Sequential greedy maximisation of the acquisition function."""
        with _quiet():
            return _greedy(self.acquisition(), inputs, self.count)

    def acquisition(self) -> AcquisitionFunction:
        """qEHVI."""
        front = self.outlook.values[self.outlook.on_front]
        return qExpectedHypervolumeImprovement(
            model=self.outlook.surrogate.model,
            ref_point=self.outlook.reference,
            partitioning=self._partitioning(front),  # pyright: ignore[reportArgumentType] - either will do
            sampler=self.sampler(),
            objective=self.outlook.objective,
        )

    def _partitioning(self, front: Tensor) -> FastNondominatedPartitioning:
        return FastNondominatedPartitioning(ref_point=self.outlook.reference, Y=front)


class NoisyHypervolume(Hypervolume):
    """As above, over the fronts that are possible given the evaluations.

    Daulton et al., NeurIPS 2021 (qNEHVI).
    """

    thrift: ClassVar[int] = 1

    def acquisition(self) -> AcquisitionFunction:
        """qNEHVI."""
        return qNoisyExpectedHypervolumeImprovement(
            model=self.outlook.surrogate.model,
            ref_point=self.outlook.reference,
            X_baseline=self.outlook.baseline,
            sampler=self.sampler(),
            objective=self.outlook.objective,
            prune_baseline=False,  # the baseline holds possible members of the front only
        )


class Chebyshev(Goal):
    """Expected improvement of one random augmented Chebyshev scalarisation per member.

    Knowles, ParEGO, 2006; in batches and with noise: Daulton et al., NeurIPS 2020 (qNParEGO).
    With a single objective this is plain noisy expected improvement.
    """

    def __init__(
        self, outlook: Outlook, count: int, samples: int, generator: torch.Generator
    ) -> None:
        super().__init__(outlook, count, samples, generator)
        weights = sample_simplex([count], outlook.values.shape[1], 1.0, generator).double()
        # objectives weigh by their range on the front: what is off it says nothing of its shape
        range_of = outlook.values[outlook.on_front]
        if (range_of.max(dim=0).values <= range_of.min(dim=0).values).any():
            range_of = torch.cat([outlook.values, outlook.reference[None]])
        self._scalarised: list[Scalarise] = [
            get_chebyshev_scalarization(weights=weight, Y=range_of) for weight in weights
        ]

    def gains(self, inputs: Tensor) -> Tensor:
        """Expected improvement by each scalarisation, ``(n, count)``."""
        drawn = self.outlook.draws(inputs)
        best = self.outlook.values
        columns = [
            (scalarise(drawn) - scalarise(best).max()).clamp_min(0.0).mean(0)
            for scalarise in self._scalarised
        ]
        return torch.stack(columns, dim=1)

    def shortlist(self, inputs: Tensor, size: int) -> Tensor:
        """The best by each scalarisation."""
        return best_first(self.gains(inputs), size)

    def pick(self, inputs: Tensor) -> Tensor:
        """One member per scalarisation, given those before it."""
        picked = torch.empty(0, dtype=torch.int64)
        left = torch.ones(len(inputs), dtype=torch.bool)
        with _quiet():
            for scalarise in self._scalarised[: len(inputs)]:
                places = left.nonzero()[:, 0]
                acquisition = self._acquisition(scalarise, inputs[picked])
                best = places[_greedy(acquisition, inputs[places], 1)]
                left[best] = False
                picked = torch.cat([picked, best])
        return picked

    def _acquisition(self, scalarise: Scalarise, pending: Tensor) -> AcquisitionFunction:
        combined = self.outlook.objective

        def objective(samples: Tensor, X: Tensor | None = None) -> Tensor:  # noqa: N803
            return scalarise(combined(samples, X))

        return qNoisyExpectedImprovement(
            model=self.outlook.surrogate.model,
            X_baseline=self.outlook.baseline,
            sampler=self.sampler(),
            objective=GenericMCObjective(objective),
            X_pending=pending if len(pending) else None,
            prune_baseline=False,
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """BoTorch recommends logarithms of these functions, for the sake of their gradients.

    Here values are only compared, for which both are the same.
    """
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", NumericsWarning)
        yield


def _greedy(acquisition: AcquisitionFunction, inputs: Tensor, count: int) -> Tensor:
    """Indices of the inputs that BoTorch picks."""
    count = min(count, len(inputs))
    numbered = torch.arange(len(inputs))
    chosen, _ = optimize_acqf_discrete(acquisition, q=count, choices=inputs, max_batch_size=_CHUNK)
    same = (inputs[None] == chosen[:, None]).all(-1)
    return torch.stack([numbered[row][0] for row in same])

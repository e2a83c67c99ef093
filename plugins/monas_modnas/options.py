"""Options of MODNAS, with the defaults that measured best (benchmarks/)."""

from __future__ import annotations

from typing import Literal

import attrs

from monas_core.errors import UsageError
from monas_core.values.bounds import positive, within

_MAY_BE_ZERO = (
    *("entropy", "optimism", "caution", "steps_per_round", "first_steps"),
    *("enumerate", "generations", "final_generations"),
)


@attrs.frozen
class Options:
    """How MODNAS spends its budget and learns.

    Attributes:
        quality: What judges an architecture during an architecture step: a ``predictor``
            fitted to evaluated subnets, or the ``supernet`` itself on fresh training data.
        initial_queries: Random architectures evaluated before anything is learnt (at most
            ``initial_share`` of the budget).
        initial_share: Largest share of the budget for them.
        queries_per_round: Proposed architectures evaluated between two learning rounds (at most
            ``round_share`` of the budget).
        round_share: Largest share of a budget of evaluations for them.
        steps_per_round: Hypernetwork steps of a learning round.
        first_steps: Hypernetwork steps of the first learning round.
        preferences_per_step: Preferences drawn per device and step.
        concentration: Of the Dirichlet distribution they are drawn from.
        combine: How per-device gradients become one: ``mgd`` (min-norm), ``mean``,
            ``pcgrad``, one update per device (``sequential``) or a random device (``sample``).
        hypernetwork: ``continuous`` in the preference, or the published ``bank`` of tables.
        sampler: Gradient estimate through sampled architectures.
        scalariser: How objectives and a wish become one loss.
        weights: Whether the supernet's weights stay as warmed up ``before`` the search, or
            learn on after every architecture step (``together``; needs ``quality: supernet``).
        learning_rate: Of the hypernetwork (Adam).
        hidden: Width of the hypernetwork.
        optimism: Number of standard deviations by which the quality of architectures is
            overrated, once and twice, when queries are chosen.
        caution: Number of standard deviations by which quality is underrated when a portfolio
            is chosen: the best of many predictions is rarely as good as predicted.
        entropy: Weight of the entropy bonus at the start; falls to 0 by half of the budget.
        smoothing: Temperature of the smooth Chebyshev scalarisation.
        cost_samples: Architectures whose costs train the cost predictor.
        refine: Let architectures bred from the hypernetwork's and the evaluated ones compete
            for every answer, under the predictors; otherwise only those two.
        enumerate: Largest space of which simply every architecture competes.
        generations: Of breeding before each round of queries.
        final_generations: Of breeding for an answer, at most.
        children: Bred per generation.
        elite: Parents kept per generation, of all devices together.
        supernet_batch: Samples per architecture step when ``quality`` is ``supernet``.
    """

    quality: Literal["predictor", "supernet"] = "predictor"
    initial_queries: int = 128
    initial_share: float = 0.2
    queries_per_round: int = 12
    round_share: float = 0.03
    steps_per_round: int = 30
    first_steps: int = 300
    preferences_per_step: int = 12
    concentration: float = 0.7
    combine: Literal["mgd", "mean", "pcgrad", "sequential", "sample"] = "mgd"
    hypernetwork: Literal["continuous", "bank"] = "continuous"
    sampler: Literal["reinmax", "gdas", "gumbel", "softmax"] = "reinmax"
    scalariser: Literal["linear", "chebyshev", "smooth-chebyshev", "hypervolume"] = (
        "smooth-chebyshev"
    )
    weights: Literal["before", "together"] = "before"
    learning_rate: float = 3e-3
    hidden: int = 128
    optimism: float = 1.0
    caution: float = 0.5
    entropy: float = 0.01
    smoothing: float = 0.05
    cost_samples: int = 256
    refine: bool = True
    enumerate: int = 20_000
    generations: int = 8
    final_generations: int = 40
    children: int = 300
    elite: int = 160
    supernet_batch: int = 48

    @property
    def needs(self) -> frozenset[str]:
        """What the run must have for these options."""
        return frozenset({"supernet", "relaxed"} if self.quality == "supernet" else ())

    def __attrs_post_init__(self) -> None:
        numbers = {
            name: value
            for name, value in attrs.asdict(self).items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        within("options.optimizer", 0, **{name: numbers.pop(name) for name in _MAY_BE_ZERO})
        positive("options.optimizer", **numbers)
        if self.weights == "together" and self.quality != "supernet":
            raise UsageError(
                "options.optimizer.weights=together updates the supernet with the architectures "
                "that are tried on it, so it needs quality=supernet; set that too."
            )

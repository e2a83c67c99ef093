"""Options of Bayesian optimisation, with the defaults that measured best."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import within


@attrs.frozen
class Options:
    """How Bayesian optimisation spends its budget.

    Attributes:
        initial_queries: Random architectures evaluated before the first model is fitted; by
            default two per choice and two more, but at most a third of a budget of evaluations.
        batch: Architectures chosen and evaluated together, for one device.
        samples: Draws from the posterior by which an acquisition function is estimated; by
            default 64, and 16 beyond two objectives, where qNEHVI decomposes a front per draw
            and member of the batch in seconds instead of milliseconds.
        pool: Candidates looked at per batch, if the space is too large to look at all.
        shortlist: Candidates among them that the acquisition function judges.
        fit_steps: Most steps of L-BFGS per fit of the hyperparameters, from where the last
            fit ended.
        described: Whether the surrogate also reads what modnas' predictor does: sums over
            choices with the same options and what the space knows of an architecture. Not
            part of the published methods; tells the predictor's share in a comparison.
    """

    initial_queries: int | None = None
    batch: int = 8
    samples: int | None = None
    pool: int = 1024
    shortlist: int = 192
    fit_steps: int = 50
    described: bool = False

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 2, initial_queries=self.initial_queries)
        within("options.optimizer", 1, batch=self.batch, samples=self.samples)
        within("options.optimizer", 1, pool=self.pool, shortlist=self.shortlist)
        within("options.optimizer", 0, fit_steps=self.fit_steps)

    def draws(self, n_objectives: int) -> int:
        """Draws for a problem of so many objectives."""
        return self.samples or (64 if n_objectives <= 2 else 16)

"""What is believed about quality: a Gaussian process on evaluated architectures."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from monas_bayes.features import Features
from monas_bayes.kernel import ChoiceMatern
from monas_bayes.libraries import (
    ExactMarginalLogLikelihood,
    GammaPrior,
    NumericalWarning,
    OptimizationWarning,
    ScaleKernel,
    SingleTaskGP,
    fit_gpytorch_mll_scipy,
)
from monas_core.learning.warping import TailWarp
from monas_core.parts.description import Description
from monas_core.values.choices import ChoiceSet

_CHUNK = 256
"""Rows whose joint covariance is computed although only variances are asked for."""


class Surrogate:
    """One process per queried objective on warped values; hyperparameters outlive refits.

    Attributes:
        features: The columns it reads; further columns of an input are ignored.
        hyperparameters: Those of the latest fit by name; empty before the first.
        warp: From minimised values to what is modelled, as fitted last.
        model: The process on all data it was last given, in evaluation mode.
    """

    model: SingleTaskGP
    warp: TailWarp

    def __init__(
        self, choices: ChoiceSet, fit_steps: int, description: Description | None = None
    ) -> None:
        self.features = Features(choices, description)
        self.hyperparameters: dict[str, Tensor] = {}
        self._fit_steps = fit_steps

    def fit(self, inputs: Tensor, values: Tensor) -> None:
        """Improve the hyperparameters and condition on ``(n, d)`` and minimised ``(n, Q)``."""
        self.condition(inputs, values)
        likelihood = ExactMarginalLogLikelihood(self.model.likelihood, self.model)
        likelihood.train()
        if self._fit_steps:
            with warnings.catch_warnings():
                # as intended, it stops after some steps: the next batch goes on from there
                warnings.simplefilter("ignore", OptimizationWarning)
                # a matrix that needs jitter on the way is no fault of the data
                warnings.simplefilter("ignore", NumericalWarning)
                options = {"maxiter": self._fit_steps}
                fit_gpytorch_mll_scipy(likelihood, options=options)
        likelihood.eval()
        self.hyperparameters = {
            name: value.detach().clone() for name, value in self.model.named_parameters()
        }

    def condition(self, inputs: Tensor, values: Tensor) -> None:
        """Take data ``(n, d)`` and minimised ``(n, Q)``; hyperparameters stay as they are."""
        self.warp = TailWarp.fitted(values)
        outputs = values.shape[1]
        batch = torch.Size([outputs] if outputs > 1 else [])
        kernel = ScaleKernel(
            ChoiceMatern(self.features.groups, batch),
            outputscale_prior=GammaPrior(2.0, 0.15),
            batch_shape=batch,
        )
        # the warp has standardised already
        self.model = SingleTaskGP(
            inputs, self.warp.apply(values), covar_module=kernel, outcome_transform=None
        )
        own = dict(self.model.named_parameters())
        with torch.no_grad():
            for name, value in self.hyperparameters.items():
                own[name].copy_(value)
        self.model.eval()

    def marginals(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior mean and standard deviation of warped values, two ``(n, Q)``."""
        means: list[Tensor] = []
        deviations: list[Tensor] = []
        with torch.no_grad():
            for chunk in inputs.split(_CHUNK):
                posterior = self.model.posterior(chunk)
                means.append(posterior.mean)
                deviations.append(posterior.variance.clamp_min(0.0).sqrt())
        return torch.cat(means), torch.cat(deviations)

"""What is used of BoTorch and GPyTorch, in one place because importing them warns."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # they compile small functions by a way that torch no longer recommends
    warnings.filterwarnings("ignore", r"`torch\.jit\.", DeprecationWarning)
    from botorch.acquisition.acquisition import AcquisitionFunction
    from botorch.acquisition.monte_carlo import qNoisyExpectedImprovement
    from botorch.acquisition.multi_objective.monte_carlo import (
        qExpectedHypervolumeImprovement,
        qNoisyExpectedHypervolumeImprovement,
    )
    from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective
    from botorch.acquisition.objective import GenericMCObjective
    from botorch.exceptions.warnings import NumericsWarning, OptimizationWarning
    from botorch.models import SingleTaskGP
    from botorch.optim.fit import fit_gpytorch_mll_scipy
    from botorch.optim.optimize import optimize_acqf_discrete
    from botorch.sampling.normal import SobolQMCNormalSampler
    from botorch.utils.multi_objective.box_decompositions.non_dominated import (
        FastNondominatedPartitioning,
    )
    from botorch.utils.multi_objective.scalarization import get_chebyshev_scalarization
    from botorch.utils.sampling import draw_sobol_normal_samples
    from gpytorch.constraints import GreaterThan
    from gpytorch.kernels import Kernel, ScaleKernel
    from gpytorch.mlls import ExactMarginalLogLikelihood
    from gpytorch.priors import GammaPrior, LogNormalPrior
    from linear_operator.utils.warnings import NumericalWarning

__all__ = [
    "AcquisitionFunction",
    "ExactMarginalLogLikelihood",
    "FastNondominatedPartitioning",
    "GammaPrior",
    "GenericMCMultiOutputObjective",
    "GenericMCObjective",
    "GreaterThan",
    "Kernel",
    "LogNormalPrior",
    "NumericalWarning",
    "NumericsWarning",
    "OptimizationWarning",
    "ScaleKernel",
    "SingleTaskGP",
    "SobolQMCNormalSampler",
    "draw_sobol_normal_samples",
    "fit_gpytorch_mll_scipy",
    "get_chebyshev_scalarization",
    "optimize_acqf_discrete",
    "qExpectedHypervolumeImprovement",
    "qNoisyExpectedHypervolumeImprovement",
    "qNoisyExpectedImprovement",
]

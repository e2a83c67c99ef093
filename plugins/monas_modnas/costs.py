"""Free objectives of architectures as a model sees them, and which objectives are free."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective, sign
from monas_core.problem.problem import Problem
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation


def split_objectives(
    objectives: Sequence[Objective],
) -> tuple[list[Objective], list[Objective]]:
    """Queried objectives and free ones."""
    queried = [objective for objective in objectives if objective.query]
    return queried, [objective for objective in objectives if not objective.query]


def log_costs(problem: Problem, architectures: Sequence[Architecture], device: Device) -> Tensor:
    """Estimated free objectives of n architectures, ``(n, H)``, logarithm of minimised values.

    A maximised free objective enters as the reciprocal, which is minimised.
    """
    _, free = split_objectives(problem.objectives)
    if not free:
        return torch.zeros(len(architectures), 0)
    columns: list[list[float]] = []
    for objective in free:
        found = problem.evaluator.estimates(objective, architectures, device)
        columns.append([sign(objective) * _log(objective, value.value) for value in found])
    return torch.tensor(columns, dtype=torch.float32).T.reshape(len(architectures), len(free))


def _log(objective: Objective, value: float) -> float:
    if value <= 0:
        raise UsageError(
            f'Objective "{objective.name}" gave {value:g}; modnas models costs that are not '
            "queried on a logarithmic scale, so they must be above 0. Use another optimizer, "
            "or leave the objective out."
        )
    return math.log(value)


def features_of(problem: Problem, rows: Tensor) -> Tensor:
    """Predictor inputs of a population, ``(n, F)``."""
    return Relaxation.from_population(problem.choices, rows).features().float()

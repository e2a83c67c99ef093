"""The fixed scales on which hypervolumes of one run are measured.

Set from reference architectures alone, never from what an optimizer found, so
that every optimizer on the same problem is measured with the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from monas_core.parts.device import Device
from monas_core.parts.objective import sign
from monas_core.parts.space import SearchSpace, end_rows
from monas_core.problem.evaluator import Evaluator
from monas_core.seeding import derived_generator
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.front import Scale
from monas_core.values.value import Split

_SAMPLES = 256


def reference_sample(space: SearchSpace) -> list[Architecture]:
    """The two ends of the space and a fixed draw; the same in every run."""
    choices = space.choices
    drawn = population.sample(choices, _SAMPLES, derived_generator(0, "yardstick"))
    rows = torch.cat([end_rows(space), drawn])
    return population.decode(choices, population.unique_rows(rows))


def scales(evaluator: Evaluator, devices: Sequence[Device], split: Split) -> Mapping[str, Scale]:
    """One scale per device.

    Costs span their range over the reference sample (by estimate); quality
    spans the two ends of the space, evaluated on the given split.
    """
    sample = reference_sample(evaluator.context.space)
    ends = sample[:2]
    result: dict[str, Scale] = {}
    for device in devices:
        lows, highs = [], []
        for objective in evaluator.objectives:
            if objective.query or objective.population_relative:
                found = evaluator.values(objective, ends, device, split)
            else:
                found = evaluator.estimates(objective, sample, device)
            numbers = np.array([sign(objective) * value.value for value in found])
            lows.append(numbers.min())
            highs.append(numbers.max())
        result[device.name] = Scale(lows, highs)
    return result

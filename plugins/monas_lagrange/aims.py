"""What a search lands on: limits on costs, one set for each architecture that is sought."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.objective import Objective, sign
from monas_core.problem.problem import Problem
from monas_core.values.constraint import Constraint, Kind


@attrs.frozen
class Aim:
    """One architecture that is sought.

    Attributes:
        device: Position among the search devices.
        limits: On costs there; none where the best architecture at any cost is sought.
    """

    device: int
    limits: tuple[Constraint, ...]


@attrs.frozen(eq=False)
class Flat:
    """The limits of all aims one after the other, N in all.

    Attributes:
        limits: Themselves.
        owner: Which aim each belongs to, ``(N,)``.
        device: On which search device, ``(N,)``.
        objective: Of which cost, ``(N,)``.
    """

    limits: tuple[Constraint, ...]
    owner: Tensor
    device: Tensor
    objective: Tensor


def costs_of(problem: Problem) -> list[Objective]:
    """The objectives that take no query: those a search can follow at every step."""
    return [o for o in problem.objectives if not o.query and not o.population_relative]


def aims_of(
    problem: Problem, table: Tensor, count: int, wanted: str, *, kind: Kind = "equal"
) -> list[Aim]:
    """The aims of a problem: one per limited device, else ``count`` spread over its costs.

    Args:
        problem: With its limits.
        table: Costs of random architectures, ``(O, n, D)``.
        count: Of targets on a device without a limit.
        wanted: Short name of the cost those are of; "" to choose.
        kind: Of those targets.

    Raises:
        UsageError: There is no such cost.
    """
    costs = costs_of(problem)
    names = {objective.short for objective in costs}
    place = spread_over(costs, wanted)
    found: list[Aim] = []
    for number, device in enumerate(problem.devices):
        limits = tuple(c for c in problem.limits_on(device) if c.objective in names)
        if limits or place is None:
            found.append(Aim(number, limits))
            continue
        # the very ends are known already, and each has one architecture
        shares = torch.linspace(0.0, 1.0, count + 2, dtype=torch.float64)[1:-1]
        bounds = torch.quantile(table[place, :, number], shares).tolist()
        name = costs[place].short
        found += [Aim(number, (Constraint(name, kind, bound),)) for bound in bounds]
    return found


def flat(problem: Problem, aims: Sequence[Aim]) -> Flat:
    """The limits of all aims in a row."""
    position = {objective.short: number for number, objective in enumerate(costs_of(problem))}
    each = [(number, aim.device, c) for number, aim in enumerate(aims) for c in aim.limits]
    whole = torch.int64
    return Flat(
        tuple(limit for *_, limit in each),
        torch.tensor([owner for owner, *_ in each], dtype=whole),
        torch.tensor([device for _, device, _ in each], dtype=whole),
        torch.tensor([position[limit.objective] for *_, limit in each], dtype=whole),
    )


def spread_over(costs: Sequence[Objective], wanted: str) -> int | None:
    """Place of the cost that targets are spread over; ``None`` where there is none.

    Raises:
        UsageError: ``wanted`` names none.
    """
    minimised = [number for number, o in enumerate(costs) if sign(o) > 0]
    if wanted:
        fitting = [n for n in minimised if wanted in (costs[n].short, costs[n].name)]
        if not fitting:
            raise UsageError(
                f'options.optimizer.cost: "{wanted}" is no minimised cost of this run; it has: '
                f"{', '.join(costs[n].short for n in minimised) or 'none'}."
            )
        return fitting[0]
    costly = [number for number in minimised if costs[number].device_metric is not None]
    return next(iter((*costly, *minimised)), None)

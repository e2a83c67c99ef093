"""The limits of a run: from its configuration, checked; and how they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.objective import Objective
from monas_core.problem.wording import OPTIONS, Vocabulary
from monas_core.record.config import RunConfig
from monas_core.record.frontfile import view_of
from monas_core.values.constraint import Constraint


def vocabulary(catalog: Catalog, objectives: Sequence[Objective | Mapping[str, str]]) -> Vocabulary:
    """The names of a run's objectives, under every alias that is installed.

    Args:
        catalog: What is installed.
        objectives: Themselves, or ``{"name", "unit"}`` each (and ``score`` where it is one), as
            front files hold them.
    """
    families: list[tuple[str, ...]] = [
        (entry.name, *entry.spec.aliases) for entry in catalog.entries("objective")
    ]
    documents: list[Mapping[str, str]] = []
    for objective in objectives:
        if isinstance(objective, Objective):
            families.append((objective.short, objective.name))
            objective = view_of(objective).to_json()
        documents.append(objective)
    for document in documents:  # NAME:ARGUMENT may begin with any name of the objective
        word, colon, argument = document["name"].partition(":")
        kin = next((family for family in families if colon and word in family), ())
        families.append(tuple(f"{name}:{argument}" for name in kin))
    return Vocabulary.of(documents, families)


def limits_of(
    config: RunConfig, catalog: Catalog, objectives: Sequence[Objective], devices: Sequence[str]
) -> tuple[Constraint, ...]:
    """What a configuration says must hold.

    Raises:
        UsageError: It names something that the run has not, or cannot be met by any value.
    """
    stated = {option: getattr(config, option) for option in OPTIONS}
    return reachable(vocabulary(catalog, objectives).limits(stated, devices), objectives)


def reachable(
    limits: tuple[Constraint, ...], objectives: Sequence[Objective]
) -> tuple[Constraint, ...]:
    """The same limits. Raises UsageError for one that no value can meet."""
    for limit in limits:
        objective = next(o for o in objectives if o.short == limit.objective)
        if objective.device_metric is not None and limit.interval[1] <= 0:
            raise UsageError(
                f"{limit.said(objective.unit)} can never be met: it is always above 0; "
                "give a positive limit."
            )
    return limits


def described(limit: Constraint, objectives: Sequence[Objective]) -> str:
    """``lat at most 5 ms on host``."""
    unit = next(o.unit for o in objectives if o.short == limit.objective)
    place = f" on {limit.device}" if limit.device else ""
    return f"{limit.said(unit)}{place}"

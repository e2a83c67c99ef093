"""A subnet of a finished run, exported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monas_core.catalog.lookup import Catalog
from monas_core.export import formats
from monas_core.export.evidence import evidence
from monas_core.export.subject import subject
from monas_core.record import usage_file
from monas_core.running.session import Session
from monas_core.train.folder import TrainedFolder
from monas_core.train.weights import check_weights, subnet
from monas_core.values.architecture import Architecture


def ship(
    session: Session,
    run: Path,
    architecture: Architecture,
    wanted: formats.Chosen,
    out: Path,
    *,
    weights: str,
    capabilities: frozenset[str],
) -> dict[str, Any]:
    """Write a subnet with its weights in a format, checked against the subnet.

    Args:
        session: Of the run, loaded.
        run: Its folder.
        architecture: Which subnet.
        wanted: The format.
        out: File or folder, which must not exist.
        weights: ``auto``, ``inherited`` or ``trained``.
        capabilities: What the spec of the run's space provides.

    Raises:
        UsageError: The path is taken, there are no such weights, or the network has no such
            form.
        MonasError: What was written answers otherwise; nothing is left behind.
    """
    network, origin = subnet(session.context, run, architecture, weights)
    # fronts were judged with inherited weights
    trained = TrainedFolder.of(run, architecture).result() if origin == "trained" else None
    item = subject(
        session,
        architecture,
        network,
        capabilities=capabilities,
        facts={"weights": origin},
        usage=usage_file.recall(run),
        evidence=evidence(run, architecture.key, trained),
    )
    report = formats.export(item, wanted, out)
    return {
        "key": architecture.key,
        "architecture": architecture.to_json(),
        "weights": origin,
        "parameters": item.parameters,
        **report,
    }


def check_request(
    catalog: Catalog,
    format_name: str,
    weights: str,
    out: Path | None,
    options: dict[str, Any] | None = None,
) -> formats.Chosen:
    """What can be refused before anything is loaded; the format otherwise.

    Raises:
        UsageError: Unknown format, option or weights, a missing package, or a path that is taken.
    """
    wanted = formats.find(catalog, format_name, options)
    check_weights(weights)
    if out is not None:
        formats.check_free(out)
    return wanted

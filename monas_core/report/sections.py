"""The parts of the page that need no script, as HTML; every text is escaped here."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from monas_core.report.accuracy import origins
from monas_core.report.content import objectives
from monas_core.report.facts import Facts
from monas_core.report.markup import device_cell, table
from monas_core.report.records import Record
from monas_core.ui.fronttable import meaning
from monas_core.ui.limits import limit_lines
from monas_core.ui.text import ARROW, number, plain_fact, spoken
from monas_core.values.member import Front, prediction_error

_PROFILE = ("processor", "kind", "runtime", "precision", "batch", "date")


def tiles(record: Record) -> str:
    """The run in a few large figures."""
    fronts = record.fronts.values()
    searched = [front for front in fronts if not front.held_out]
    known = [front.hypervolume for front in searched]
    held_out = len(record.fronts) - len(searched)
    names = ", ".join(f"{o.name} {ARROW[o.direction]}" for o in objectives(record))
    started = record.history.started
    figures = {
        "devices": f"{len(searched)} searched" + (f", {held_out} held out" if held_out else ""),
        "objectives": names,
        "networks on the fronts": str(sum(len(front.members) for front in fronts)),
        "mean hypervolume": number(sum(known) / len(known), 3) if known else "–",
        "whole run": spoken(float(record.seconds.get("total", 0.0))),
    }
    if started is not None:
        figures |= {"optimizer": started.optimizer, "task": started.task}
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>"
        for name, text in figures.items()
    )


def beyond_the_box(record: Record) -> str:
    """Why a hypervolume exceeds 1, where one does."""
    if all(front.hypervolume <= 1 for front in record.fronts.values()):
        return ""
    return (
        '<p class="dim">A hypervolume above 1: the box it is a share of ends at the best values '
        "known before the search, and this search went beyond them.</p>"
    )


def warnings(record: Record) -> str:
    """What the run warned of; empty if nothing."""
    found = "".join(f"<li>{escape(text)}</li>" for text in record.history.warnings)
    return f'<h3>Warnings</h3><ul class="warnings">{found}</ul>' if found else ""


def limits(record: Record) -> str:
    """Per device what must hold, and by how many it is met; empty without limits."""
    rows = [
        [device_cell(front), escape(line)]
        for front in record.fronts.values()
        for line in limit_lines(front.limits)
    ]
    return f"<h3>Limits</h3>{table(['device', 'limit'], rows)}" if rows else ""


def accuracy_table(record: Record) -> str:
    """Median relative error of the predictions, by device and objective, and against what."""
    names = [objective.name for objective in objectives(record)]
    rows = [
        [device_cell(front), *(_error(front, name) for name in names)]
        for front in record.fronts.values()
    ]
    return table(["device", *names], rows)


def _error(front: Front, name: str) -> str:
    share = prediction_error(front.members, name)
    if share is None:
        return "–"
    against = escape(_counts(origins(front.members, name)))
    return f'{100 * share:.1f} % <span class="dim">{against}</span>'


def retraining(record: Record) -> str:
    """Per device: the front judged by what its members reach, trained alone; empty without."""
    rows: list[list[str]] = []
    for front in record.fronts.values():
        told = front.retrained
        if told is not None:
            ranks = ", ".join(f"{n} {rho:.2f}" for n, rho in told.rank_correlation.items())
            volumes = (told.hypervolume, told.inherited_hypervolume)
            trained = sum(1 for member in front.members if member.retrained)
            cells = [f"{trained} of {len(front.members)}", str(len(told.members))]
            rows.append(
                [device_cell(front), *cells, *(number(v, 3) for v in volumes), escape(ranks)]
            )
    if not rows:
        return ""
    heads = ["device", "members retrained", "on the front judged anew", "its hypervolume"]
    shown = table([*heads, "of the choice by inherited quality", "rank correlation"], rows)
    budgets = {front.retrained.budget for front in record.fronts.values() if front.retrained}
    return (
        "<h3>Judged by what members reach, trained alone</h3>"
        f'<p class="dim">{escape(", ".join(sorted(budgets)))} each; both hypervolumes by retrained '
        f"quality.</p>{shown}"
    )


def provenance(record: Record, facts: Facts) -> str:
    """Per device: what it is, and where each of its values comes from."""
    names = [objective.name for objective in objectives(record)]
    rows: list[list[str]] = []
    for device, front in record.fronts.items():
        profile = facts.profiles.get(device)
        told = [str(profile[key]) for key in _PROFILE if profile.get(key)] if profile else []
        about = ", ".join(f"batch {t}" if t.isdigit() else t for t in told)
        cells = [escape(_counts(origins(front.members, name))) for name in names]
        missing = "" if profile else "its profile is not installed here"
        rows.append([device_cell(front), *cells, escape(about or missing)])
    return table(["device", *names, "profile"], rows) + _figures(record, facts)


def _figures(record: Record, facts: Facts) -> str:
    """What modelled values are computed from, each figure with its source."""
    parts: list[str] = []
    for device in record.fronts:
        figures: Mapping[str, Any] = facts.profiles.get(device, {}).get("figures") or {}
        rows = [
            [
                escape(str(name).replace("_", " ")),
                f"{escape(number(figure['value']))} {escape(str(figure['unit']))}",
                escape(str(figure["source"])),
            ]
            for name, figure in figures.items()
        ]
        if rows:
            shown = table(["figure", "value", "source"], rows)
            parts.append(
                f"<details><summary>Figures of {escape(device)}</summary>{shown}</details>"
            )
    return "".join(parts)


def versions(record: Record) -> str:
    """Packages, Python and machine the run was made with."""
    environment = record.environment
    packages = environment.get("packages")
    listed = {k: v for k, v in environment.items() if k != "packages"}
    rows = listed | (dict(packages) if isinstance(packages, Mapping) else {})
    return table(["", ""], [[escape(str(k)), escape(plain_fact(v))] for k, v in rows.items()])


def durations(record: Record) -> str:
    """Seconds by phase."""
    rows = [[escape(str(k)), spoken(float(v))] for k, v in record.seconds.items()]
    return table(["phase", "duration"], rows)


def _counts(found: Mapping[str, int]) -> str:
    if len(found) == 1:
        return meaning(next(iter(found)))
    return ", ".join(f"{times} {meaning(origin)}" for origin, times in found.items()) or "–"

"""The parts of the page that need no script, as HTML; every text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from monas_core.report.accuracy import origins
from monas_core.report.content import objectives
from monas_core.report.facts import Facts
from monas_core.report.records import Record
from monas_core.ui.limits import limit_lines
from monas_core.ui.text import ARROW, clock, number, plain_fact
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
        "devices": f"{len(searched)} searched" + (f", {held_out} not" if held_out else ""),
        "objectives": names,
        "members of the fronts": str(sum(len(front.members) for front in fronts)),
        "mean hypervolume": number(sum(known) / len(known), 3) if known else "–",
        "whole run": f"{clock(float(record.seconds.get('total', 0.0)))} min",
    }
    if started is not None:
        figures |= {"optimizer": started.optimizer, "task": started.task}
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>"
        for name, text in figures.items()
    )


def warnings(record: Record) -> str:
    """What the run warned of; empty if nothing."""
    found = "".join(f"<li>{escape(text)}</li>" for text in record.history.warnings)
    return f'<h3>Warnings</h3><ul class="warnings">{found}</ul>' if found else ""


def limits(record: Record) -> str:
    """Per device what must hold, and by how many it is met; empty without limits."""
    rows = [
        [_device(front), escape(line)]
        for front in record.fronts.values()
        for line in limit_lines(front.limits)
    ]
    return f"<h3>Limits</h3>{_table(['device', 'limit'], rows)}" if rows else ""


def accuracy_table(record: Record) -> str:
    """Median relative error of the predictions, by device and objective."""
    names = [objective.name for objective in objectives(record)]
    rows = [
        [_device(front), *(_percent(prediction_error(front.members, name)) for name in names)]
        for front in record.fronts.values()
    ]
    return _table(["device", *names], rows)


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
            rows.append([_device(front), *cells, *(number(v, 3) for v in volumes), escape(ranks)])
    if not rows:
        return ""
    heads = ["device", "members retrained", "on the front judged anew", "its hypervolume"]
    table = _table([*heads, "of the choice by inherited quality", "rank correlation"], rows)
    budgets = {front.retrained.budget for front in record.fronts.values() if front.retrained}
    return (
        "<h3>Judged by what members reach, trained alone</h3>"
        f'<p class="dim">{escape(", ".join(sorted(budgets)))} each; both hypervolumes by retrained '
        f"quality.</p>{table}"
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
        rows.append([_device(front), *cells, escape(about or missing)])
    return _table(["device", *names, "profile"], rows) + _figures(record, facts)


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
            table = _table(["figure", "value", "source"], rows)
            parts.append(
                f"<details><summary>Figures of {escape(device)}</summary>{table}</details>"
            )
    return "".join(parts)


def versions(record: Record) -> str:
    """Packages, Python and machine the run was made with."""
    environment = record.environment
    packages = environment.get("packages")
    listed = {k: v for k, v in environment.items() if k != "packages"}
    rows = listed | (dict(packages) if isinstance(packages, Mapping) else {})
    return _table(["", ""], [[escape(str(k)), escape(plain_fact(v))] for k, v in rows.items()])


def durations(record: Record) -> str:
    """Seconds by phase."""
    rows = [[escape(str(k)), f"{float(v):.1f} s"] for k, v in record.seconds.items()]
    return _table(["phase", "duration"], rows)


def _device(front: Front) -> str:
    mark = ' <span class="tag">not searched</span>' if front.held_out else ""
    return escape(front.device) + mark


def _counts(found: Mapping[str, int]) -> str:
    if len(found) == 1:
        return next(iter(found))
    return ", ".join(f"{times} {origin}" for origin, times in found.items()) or "–"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML already; heads are not."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    head = f"<thead><tr>{head}</tr></thead>" if any(heads) else ""
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(map(_cell, row[1:]))}</tr>' for row in rows
    )
    return f'<div class="wide"><table>{head}<tbody>{body}</tbody></table></div>'


def _cell(text: str) -> str:
    """Long texts may break into lines."""
    return f'<td class="text">{text}</td>' if len(text) > 40 else f"<td>{text}</td>"

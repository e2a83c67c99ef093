"""The sections that say in words what came out, and what most decides it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from monas_core.report.cloud import shifts
from monas_core.report.comparison import Comparison
from monas_core.report.comparison_table import EXPLANATION
from monas_core.report.content import objectives
from monas_core.report.facts import Facts
from monas_core.report.importance import Importance, importance
from monas_core.report.markup import device_cell, table
from monas_core.report.records import Record
from monas_core.ui.glossary import TERMS
from monas_core.ui.text import number, spoken
from monas_core.ui.words import knee_in_words, sentences
from monas_core.values.member import Front


def words(record: Record) -> str:
    """The result of each device in sentences; the page shows those of the chosen device."""
    parts = [
        f'<div data-words="{escape(device)}"{"" if index == 0 else " hidden"}>{_said(front)}</div>'
        for index, (device, front) in enumerate(record.fronts.items())
    ]
    return (
        f'<div class="said" role="region" aria-label="The result in words">{"".join(parts)}</div>'
    )


def _said(front: Front) -> str:
    name = f"<strong>{device_cell(front)}</strong>"
    if not front.members:
        return f"<p>{name}: {escape(front.unmet or 'no network was found')}</p>"
    told = [(said.label.capitalize(), said.text) for said in sentences(front)]
    lines = [f"{label}: {text}." for label, text in told]
    bend = knee_in_words(front)
    lines += [f"{bend.capitalize()}."] if bend else []
    return f"<p>{name}</p>" + "".join(f"<p>{escape(line)}</p>" for line in lines)


def improved(record: Record) -> str:
    """When the front of each device last became better, and how long the search still went on."""
    rows = []
    for device, curve in record.history.curves.items():
        when = curve.improved()
        if when is not None and device in record.fronts:
            left = curve.seconds[-1] - when
            later = f"{spoken(left)} before the end of the search" if left else "at its last look"
            rows.append([escape(device), spoken(when), later, number(curve.values[-1], 4)])
    if not rows:
        return ""
    heads = ["device", "last better at", "which is", "hypervolume then, on search data"]
    title = "<summary>When each front last became better</summary>"
    return f"<details>{title}{table(heads, rows)}</details>"


def shift(record: Record) -> str:
    """By how much the points of the search are moved, and why."""
    moved = shifts(record, objectives(record))
    if not record.history.evaluated:
        return ""
    told = [
        f"{o.name} by {'+' if moved[o.name] > 0 else '−'}{number(abs(moved[o.name]), 2)} {o.unit}"
        for o in objectives(record)
        if o.name in moved
    ]
    basis = (
        "Small dots: what the search evaluated, on the data that steers it and with the costs it "
        "knew"
    )
    if not told:
        return escape(f"{basis}.")
    return escape(
        f"{basis}; moved in {', '.join(told)}, the median difference to unseen data of the "
        "networks that were judged on both."
    )


def importances(record: Record, facts: Facts) -> list[Importance]:
    """Of the choices for each objective on the first device, where enough was evaluated."""
    device = next(iter(record.fronts))
    known = list(record.history.evaluated.values())
    told = record.history.facts.get("conditions")
    rows = facts.choices or ()
    conditions = {
        row["name"]: [row["condition"]["choice"], row["condition"]["options"]]
        for row in rows
        if row.get("condition")
    } or (told if isinstance(told, dict) else {})
    names = [objective.name for objective in objectives(record)]
    ratios = names[1:] if facts.ratios is None else facts.ratios
    found = [importance(known, name, device, conditions, ratio=name in ratios) for name in names]
    return [one for one in found if one is not None]


def importance_section(found: Sequence[Importance]) -> str:
    """What decides each objective, as sentences and shares with their errors."""
    if not found:
        return ""
    parts = [f"<p>{escape(one.said)}.</p>" for one in found]
    rows = [
        [escape(one.objective), escape(name), _share(share, error)]
        for one in found
        for name, (share, error) in one.shares.items()
    ]
    shown = table(["objective", "choice", "share of what varies"], rows) if rows else ""
    fits = ", ".join(f"{one.objective} {one.fit:.1%}" for one in found)
    return (
        "<h3>What decides</h3>"
        f"{''.join(parts)}"
        '<p class="dim">How much worse predictions get when the answers to a choice are shuffled '
        f"among held-out networks, of {found[0].points} that the search evaluated, with the "
        "standard error over five splits. Below 100 % together where choices go together in these "
        f"networks. Variance that the predictions explain: {escape(fits)}.</p>"
        f"<details><summary>All shares</summary>{shown}</details>"
    )


def _share(share: float, error: float) -> str:
    width = f"{6 * min(1.0, share):.2f}rem"
    bar = f'<span class="share" style="width: {width}"></span>'
    return f"{bar}{100 * share:.0f} ± {100 * error:.1f} %"


def comparison_section(found: Comparison | None) -> str:
    """This run beside others; empty without."""
    if found is None:
        return ""
    runs = [
        [
            escape(name),
            *(
                escape(str(facts[k]))
                for k in ("optimizer", "task", "budget", "seed", "evaluations")
            ),
            spoken(facts["seconds"]),
        ]
        for name, facts in found.runs.items()
    ]
    rows = []
    for device, entries in found.devices.items():
        for index, entry in enumerate(entries):
            best = [number(entry.best(objective)) for objective in found.objectives]
            cells = [number(entry.hypervolume, 3), str(len(entry.front.members)), str(entry.kept)]
            head = "" if index else device_cell(entry.front)
            rows.append([head or escape(device), escape(entry.run), *cells, *best])
    heads = [f"best {o.name} [{o.unit}]" for o in found.objectives]
    notes = "".join(f'<p class="notice">{escape(note)}</p>' for note in found.notes)
    about = ["run", "optimizer", "task", "budget", "seed", "evaluations", "time"]
    return (
        '<section aria-labelledby="runs"><h2 id="runs">Compared with other runs</h2>'
        f'{notes}{table(about, runs)}<h3>Fronts on <span class="device-name"></span></h3>'
        '<p class="notice" id="not-compared">Only this run has this device.</p>'
        '<div id="compared" class="plot"></div>'
        f"{table(['device', 'run', 'hypervolume', 'members', 'unbeaten', *heads], rows)}"
        f'<p class="dim">{escape(EXPLANATION)}</p></section>'
    )


def glossary() -> str:
    """The words of the page, each in one line."""
    rows = "".join(f"<dt>{escape(term.name)}</dt><dd>{escape(term.meaning)}</dd>" for term in TERMS)
    return (
        f'<details><summary>{len(TERMS)} words</summary><dl class="glossary">{rows}</dl></details>'
    )

"""The page itself: one HTML file with everything it needs inside, written in one step."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from monas_core.errors import UsageError
from monas_core.files import write_text
from monas_core.record.rundir import RunFolder
from monas_core.report import outcome, sections
from monas_core.report.comparison import Comparison, compared
from monas_core.report.content import as_script, content
from monas_core.report.facts import Facts
from monas_core.report.records import Record, read_record

_SCRIPTS = (
    "words", "wish", "plots", "progress", "drawing", "table", "explorer", "parallel", "ternary",
    "across", "main",
)  # fmt: skip
"""In the order they build on each other."""


def write_report(
    folder: RunFolder, path: Path, facts: Facts | None = None, others: Sequence[RunFolder] = ()
) -> Path:
    """Write the report of a finished run and return its path.

    Args:
        folder: Of the run.
        path: Where to write.
        facts: What is installed.
        others: Finished runs with the same objectives that it is compared with.

    Raises:
        UsageError: A run is not finished, a file of it is damaged, or it cannot be compared.
        MonasError: The file cannot be written.
    """
    record = read_record(folder)
    comparison = compared([record, *map(read_record, others)]) if others else None
    try:
        text = html(record, facts or Facts(), plotly_library(), comparison)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"Run {folder.path} cannot be shown: a value in its files is not what it should be "
            f"({error!s:.160})."
        ) from error
    write_text(path, text)
    return path


def plotly_library() -> str:
    """The drawing library of the page, as JavaScript; ``assets/plotly.LICENSE`` is its licence."""
    return _asset("plotly-basic.min.js")


def html(record: Record, facts: Facts, library: str, comparison: Comparison | None = None) -> str:
    """The whole page; nothing in it refers to another file or to the network."""
    decisive = outcome.importances(record, facts)
    important = [name for one in decisive[:1] for name in one.shares]
    values = content(record, facts, important, comparison)
    preset = record.history.facts.get("preset")
    subject = f"{values['space']} {preset}" if preset else str(values["space"])
    link = '<li><a href="#runs">Other runs</a></li>' if comparison else ""
    return Template(_asset("page.html")).substitute(
        title=escape(f"monas: {subject}"),
        subject=escape(subject),
        run=escape(str(record.path)),
        started=escape(str(record.environment.get("started", ""))),
        data=escape(_data(record)),
        style=_asset("style.css"),
        words=outcome.words(record),
        tiles=sections.tiles(record),
        warnings=sections.beyond_the_box(record)
        + sections.limits(record)
        + sections.warnings(record),
        contents=link,
        shift=outcome.shift(record),
        importance=outcome.importance_section(decisive),
        comparison=outcome.comparison_section(comparison),
        improved=outcome.improved(record),
        retraining=sections.retraining(record),
        accuracy=sections.accuracy_table(record),
        provenance=sections.provenance(record, facts),
        configuration=escape(record.config_text),
        versions=sections.versions(record),
        durations=sections.durations(record),
        glossary=outcome.glossary(),
        content=as_script(values),
        library=library,
        scripts="\n".join(_asset(f"{name}.js") for name in _SCRIPTS),
    )


def _data(record: Record) -> str:
    """The task, and how much of what networks are shown at a time."""
    started, seen = record.history.started, record.history.facts.get("seen as")
    parts = [started.task if started else "", str(seen or "")]
    return "".join(f" · {part}" for part in parts if part)


def _asset(name: str) -> str:
    return resources.files("monas_core.report").joinpath("assets", name).read_text("utf-8")

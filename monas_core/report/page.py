"""The page itself: one HTML file with everything it needs inside, written in one step."""

from __future__ import annotations

from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from monas_core.errors import UsageError
from monas_core.files import write_text
from monas_core.record.rundir import RunFolder
from monas_core.report import sections
from monas_core.report.content import as_script, content
from monas_core.report.facts import Facts
from monas_core.report.records import Record, read_record

_SCRIPTS = ("words", "wish", "plots", "drawing", "table", "explorer", "main")
"""In the order they build on each other."""


def write_report(folder: RunFolder, path: Path, facts: Facts | None = None) -> Path:
    """Write the report of a finished run and return its path.

    Raises:
        UsageError: plotly is missing, the run is not finished, or a file of it is damaged.
        MonasError: The file cannot be written.
    """
    library = plotly_library()
    record = read_record(folder)
    try:
        text = html(record, facts or Facts(), library)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"Run {folder.path} cannot be shown: a value in its files is not what it should be "
            f"({error!s:.160})."
        ) from error
    write_text(path, text)
    return path


def plotly_library() -> str:
    """The drawing library of the page, as JavaScript. Raises UsageError when it is missing."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise UsageError(
            "A report needs plotly, which is not installed; install it: "
            "pip install 'monas[report]'."
        ) from error
    return get_plotlyjs()


def html(record: Record, facts: Facts, library: str) -> str:
    """The whole page; nothing in it refers to another file or to the network."""
    values = content(record, facts)
    preset = record.history.facts.get("preset")
    subject = f"{values['space']} {preset}" if preset else str(values["space"])
    return Template(_asset("page.html")).substitute(
        title=escape(f"monas: {subject}"),
        subject=escape(subject),
        run=escape(str(record.path)),
        started=escape(str(record.environment.get("started", ""))),
        style=_asset("style.css"),
        tiles=sections.tiles(record),
        warnings=sections.limits(record) + sections.warnings(record),
        retraining=sections.retraining(record),
        accuracy=sections.accuracy_table(record),
        provenance=sections.provenance(record, facts),
        configuration=escape(record.config_text),
        versions=sections.versions(record),
        durations=sections.durations(record),
        content=as_script(values),
        library=library,
        scripts="\n".join(_asset(f"{name}.js") for name in _SCRIPTS),
    )


def _asset(name: str) -> str:
    return resources.files("monas_core.report").joinpath("assets", name).read_text("utf-8")

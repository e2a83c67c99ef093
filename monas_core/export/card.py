"""The model card: what a network is, how good, how fast, and how it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monas_core.export.subject import Subject
from monas_core.parts.usage import Usage

_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>|#"})

_EXPLAINED = (
    "`predict.py` is a worked example: `loading.py` reads the network, `using.py` prepares what "
    "it is given and reads its answer, `task.json` holds what both need to know."
)
_LICENCE = "The licence of the weights is that of whoever trained them on their data."


def card(
    subject: Subject,
    format_: str,
    usage: Usage,
    packages: Sequence[str],
    report: Mapping[str, Any],
) -> str:
    """Markdown.

    Args:
        subject: The network; its ``evidence`` are members of fronts.
        format_: Name of the format.
        usage: How the task is used.
        packages: What pip installs to use it.
        report: What the format says: ``check``, and ``inputs`` where it knows them.
    """
    known, check = subject.facts, report["check"]
    choices = known["architecture"]["choices"]
    about = (
        f"A network for the task {_plain(known['task'])}, format {format_}, "
        f"{subject.parameters:,} parameters, {known.get('weights', 'given')} weights."
    )
    checked = (
        "Read back and compared with the network it was made of: largest difference "
        f"{check['max_difference']:.2g}, tolerance {check['tolerance']:g}."
    )
    parts = [
        f"# {_plain(known['architecture']['space'])} {known['key']}",
        about,
        "## Use",
        f"```\npip install {' '.join(packages)}\npython predict.py {usage.example}\n```",
        _EXPLAINED,
        *_inputs(report),
        "## Quality and cost",
        _evidence(subject.evidence, known["score"]),
        "## Architecture",
        "\n".join(f"- {_plain(name)}: {_plain(value)}" for name, value in choices.items()),
        "## Checked",
        checked,
        f"Made by monas, preset {_plain(known['preset'])}. {_LICENCE}",
    ]
    return "\n\n".join(parts) + "\n"


def _inputs(report: Mapping[str, Any]) -> list[str]:
    lines = [
        f"- `{item['name']}`: {item['dtype']}, {' × '.join(map(str, item['shape']))}"
        for item in report.get("inputs", [])
    ]
    return ["Inputs:\n\n" + "\n".join(lines)] if lines else []


def _evidence(evidence: Sequence[Mapping[str, Any]], score: Mapping[str, Any]) -> str:
    """A table of what the run found, each value with its unit and where it comes from."""
    if not evidence:
        return (
            f"This network is on no front of its run; its {_plain(score['name'])} "
            f"({_plain(score['unit'])}) was not recorded."
        )
    lines = ["| device | what | value | unit | how |", "|---|---|---|---|---|"]
    for row in evidence:
        cells = (row["device"], row["name"], f"{row['value']:.5g}", row["unit"], row["origin"])
        lines.append(f"| {' | '.join(_plain(cell) for cell in cells)} |")
    return "\n".join(lines)


def _plain(text: Any) -> str:
    """Text that is nothing but text in Markdown."""
    return " ".join(str(text).translate(_ESCAPED).split())

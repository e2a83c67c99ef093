"""The page of the benchmarks, from the JSON that ``make bench`` keeps.

python benchmarks/suite_table.py benchmarks/results/latest.json [--out docs/benchmarks.md]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_HEAD = """# Benchmarks: how far from the limit

Made by `make bench` (pytest-benchmark, `benchmarks/suite`); the JSON is kept in
`benchmarks/results/`, and `pytest-benchmark compare` compares two of them. Every figure stands
beside a **limit** measured in the same run: the same work without monas, or less than the work.
Rounds of the two alternate; *ratio* is the median of the ratios of neighbouring rounds, and in
brackets are its quartiles. A ratio near 1 leaves nothing to gain.

{machine}
"""

_NOTES: Mapping[str, str] = {
    "test_learning.py": """A candidate of `hat` costs 13 ms more than its network alone (68 ms): \
7 ms build the network without weights, anew for every candidate; 3 ms look its weights up and put \
them in, batch by batch; the rest checks outputs and keeps the score.""",
    "test_startup.py": """What `monas info` waits for: of a space, torch, by which it counts the \
weights of networks that are built without memory for them; of an optimizer, trainer or loss, its \
class, which computes with torch and is imported for its docstring. Devices that are described and \
most objectives need none.""",
}
"""What profiles show, by file; below its table."""


def seconds(value: float) -> str:
    """With a unit that leaves three digits."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 1.0:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def met(facts: Mapping[str, Any]) -> str:
    """Target and whether it is reached."""
    told: list[str] = []
    if facts.get("most") is not None:
        told.append(_mark(facts["ratio"] <= facts["most"], f"≤ {facts['most']:g}"))
    if facts.get("least") is not None:
        told.append(_mark(1 / facts["ratio"] >= facts["least"], f"throughput ≥ {facts['least']:g}"))
    if facts.get("below_s") is not None:
        told.append(_mark(facts["ours_s"] < facts["below_s"], f"< {seconds(facts['below_s'])}"))
    return ", ".join(told)


def _mark(reached: bool, target: str) -> str:
    return target if reached else f"{target}: **missed**"


def beside_row(facts: Mapping[str, Any], command: str) -> list[str]:
    """A line of the table of figures."""
    low, high = facts["ratio_quartiles"]
    return [
        facts["what"],
        seconds(facts["ours_s"]),
        f"{facts['limited_by']}: {seconds(facts['limit_s'])}",
        f"{facts['ratio']:.3g} ({low:.3g} to {high:.3g})",
        met(facts),
        f"`{command}`",
    ]


def growth_row(facts: Mapping[str, Any]) -> list[str]:
    """A line of the table of growth."""
    times = zip(facts["sizes"], facts["seconds"], strict=True)
    bounds = [
        _mark(b["ratio"] <= b["most"], f"{b['large']:,d} / {b['small']:,d} = {b['ratio']:.2f} ≤ "
              f"{b['most']:g}")
        for b in facts["bounds"]
    ]  # fmt: skip
    exponent = "" if facts["exponent"] is None else f"{facts['exponent']:.2f}"
    measured = ", ".join(f"{size:,d}: {seconds(value)}" for size, value in times)
    return [facts["what"], measured, exponent, "; ".join(bounds), f"`--families {facts['growth']}`"]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Of Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def page(document: Mapping[str, Any]) -> str:
    """The whole page."""
    info, cpu = document["machine_info"], document["machine_info"].get("cpu", {})
    found = document["benchmarks"]
    threads = {b["extra_info"].get("threads") for b in found} - {None}
    machine = (
        f"Measured on {cpu.get('brand_raw', info['machine'])}, one core, {min(threads, default=1)} "
        f"torch thread, Python {info['python_version']}, {document['datetime'][:10]}, commit "
        f"{document['commit_info']['id'][:7]}."
    )
    files: dict[str, list[list[str]]] = {}
    for benchmark in found:
        facts = benchmark["extra_info"]
        if "limited_by" in facts:
            name = benchmark["fullname"].rpartition("/")[2]
            file, _, test = name.partition("::")
            row = beside_row(facts, f"{file} -k {test.partition('[')[0].removeprefix('test_')}")
            files.setdefault(file, []).append(row)
    head = ("figure", "ours", "limit", "ratio", "target", "command")
    parts = [_HEAD.format(machine=machine)]
    for file, rows in files.items():
        title = file.removeprefix("test_").removesuffix(".py").capitalize()
        parts.append(f"## {title}\n\n{table(head, rows)}\n")
        if file in _NOTES:
            parts.append(f"{_NOTES[file]}\n")
    grown = [growth_row(b["extra_info"]) for b in found if "growth" in b["extra_info"]]
    if grown:
        head = ("what", "median time by size", "exponent", "bound", "command")
        parts.append(
            "## Growth\n\n`python benchmarks/growth.py --families NAME`; an exponent of 1 is "
            f"linear. The bounds are checked by a slow test.\n\n{table(head, grown)}\n"
        )
    parts.append(
        "Each command is an end of `python -m pytest -c benchmarks/suite/pytest.ini "
        "benchmarks/suite/FILE`.\n"
    )
    return "\n".join(parts)


def main() -> None:
    """Write the page; figures of several files are joined, later ones replace earlier ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    given = parser.parse_args()
    documents = [json.loads(path.read_text()) for path in given.files]
    joined = {b["fullname"]: b for document in documents for b in document["benchmarks"]}
    text = page({**documents[-1], "benchmarks": list(joined.values())})
    given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

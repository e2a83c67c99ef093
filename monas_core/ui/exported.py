"""What is printed when a subnet has been trained or exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monas_core.files import command
from monas_core.ui.fronttable import origin_mark
from monas_core.ui.text import ARROW, clock, count, number
from monas_core.values.member import Member, ObjectiveView

Document = Mapping[str, Any]


def print_training(result: Document, console: Console) -> None:
    """Scores before and after, and what to type next."""
    score = result["score"]
    console.print(
        f"[bold]Trained[/] [bold cyan]{escape(result['key'])}[/]   {result['steps']} steps in "
        f"{clock(result['seconds'])}\n"
    )
    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    for head, side in (("on unseen data", "left"), ("before", "right"), ("after", "right")):
        table.add_column(head, justify=side)  # pyright: ignore[reportArgumentType]
    for name, before in result["before"].items():
        headline = name == score["name"]
        shown = (
            escape(f"{name} {ARROW[score['direction']]}") if headline else f"[dim]{escape(name)}[/]"
        )
        table.add_row(shown, number(before), number(result["after"].get(name)))
    console.print(table)
    console.print(f"\n[bold]Weights[/]  {escape(result['trained'])}", soft_wrap=True)
    run, key = result["run"], result["key"]
    console.print("\n[bold]Next[/]")
    line = command("monas export", run, "--architecture", key, "--format", "onnx")
    console.print(f"  $ {line}", soft_wrap=True, markup=False)


def print_export(
    report: Document, member: Member, objectives: Sequence[ObjectiveView], console: Console
) -> None:
    """What was written, how close it is, what it takes, and how fast it is."""
    check = report["check"]
    console.print(
        f"[bold]Exported[/] [bold cyan]{escape(report['key'])}[/] with {report['weights']} "
        f"weights as {report['format']}, {count(report['parameters'])} parameters\n"
    )
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("written", escape(f"{report['out']} ({count(report['bytes'])}B)"))
    table.add_row(
        "checked",
        f"largest difference from the subnet {number(check['max_difference'], 2)}, "
        f"tolerance {check['tolerance']:g}",
    )
    for item in report.get("inputs", []):
        shape = " × ".join(str(size) for size in item["shape"])
        table.add_row("input", escape(f"{item['name']}: {item['dtype']}, {shape}"))
    for name, (low, high) in report.get("dynamic", {}).items():
        table.add_row("free", escape(f"{name} from {low}") + (f" to {high}" if high else ""))
    if "class" in report:
        table.add_row("class", f"transformers.{report['class']}")
    if "latency" in report:
        _add_latency(table, report["latency"], objectives, member)
    console.print(table)


def _add_latency(
    table: Table, latency: Document, objectives: Sequence[ObjectiveView], member: Member
) -> None:
    """onnxruntime's time beside what the run knows and predicts of this subnet."""
    table.add_row(
        "onnxruntime",
        f"{number(latency['median_ms'])} ±{number(latency['spread_ms'] / 2, 2)} ms here, "
        f"batch {latency['batch']}, threads {latency['threads']}",
    )
    for name in (o.name for o in objectives if o.unit == "ms"):
        mark = origin_mark(member.origin.get(name))
        text = f"{number(member.values[name])} ms {mark} {member.origin[name]}"
        predicted = member.predicted.get(name)
        if predicted is not None:
            text += f", predicted {number(predicted)} ms"
        table.add_row(escape(f"{name} on {member.device}"), escape(text))

"""The panels of the live screen: each a pure function of the view state and a size."""

from __future__ import annotations

from rich.text import Text

from monas_core.ui.blocks import ACCENT, Block, bar, between, exact
from monas_core.ui.parts import PhaseView
from monas_core.ui.progress import Outlook, expected_phases, phase_left
from monas_core.ui.text import amount, clock, count, fitting, plain_fact
from monas_core.ui.view import ViewState

_STATUS = {
    "waiting": ("… waiting for the run", "yellow"),
    "running": ("▶ running", "green"),
    "done": ("✔ done", "bold green"),
    "interrupted": ("■ stopped", "bold yellow"),
    "failed": ("✘ failed", "bold red"),
}
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_SHOWN_ELSEWHERE = frozenset(
    [*"preset space task optimizer devices objectives conditions".split(), "held out"]
)


def header(state: ViewState, width: int, now: float, view: Outlook) -> Text:
    """What runs, and how far it is, in one line."""
    word, style = _STATUS.get(state.status, (state.status, ""))
    right = Text(end="")
    if state.phases:
        right.append(f" {view.fraction:4.0%}", "bold")
        if view.left is not None and not state.over:
            right.append(f"  about {clock(view.left)} left", "default")
    right.append(f"  {clock(now)} ", "default")
    right.append(f"{word} ", style)
    left = Text.assemble((" monas ", "bold black on cyan"), " ", (state.space or "…", "bold"))
    if preset := state.facts.get("preset"):
        left.append(f" {preset}")
    for part in (state.task, state.optimizer):
        if part:
            left.append(f" · {part}")
    return between(left, right, width)


def facts(state: ViewState, width: int) -> Text:
    """Plain facts of the run in one dim line."""
    shown = [
        f"{key.replace('_', ' ')} {plain_fact(value)}"
        for key, value in state.facts.items()
        if key not in _SHOWN_ELSEWHERE and value not in (None, "", [], {})
    ]
    return exact(Text(" " + fitting(shown, " · ", width - 2), style="dim"), width)


def phases(state: ViewState, width: int, now: float) -> Block:
    """One bar per phase, those to come included."""
    known = {phase.name: phase for phase in state.phases}
    names = expected_phases(state)
    margin = max((len(name) for name in names), default=0)
    done = {p.name: amount(p.done, p.total, p.unit) for p in state.phases}
    reach = max((len(text) for text in done.values()), default=0)
    length = max(4, width - margin - reach - 28)
    rows: Block = []
    for name in names:
        phase = known.get(name)
        running = phase is not None and phase.ended is None
        style = "bold" if running else "default" if phase else "dim"
        line = Text.assemble(
            (_mark(phase), f"bold {'green' if phase and not running else ACCENT}"),
            (f" {name.ljust(margin)}  ", style),
            bar(phase.fraction if phase else 0.0, length, ACCENT if running else "green"),
        )
        if phase is not None:
            line.append(f"  {done[name].ljust(reach)}  ").append_text(_phase_times(phase, now))
        rows.append(exact(line, width))
    return rows


def _mark(phase: PhaseView | None) -> str:
    if phase is None:
        return " ·"
    return " ▶" if phase.ended is None else " ✔"


def _phase_times(phase: PhaseView, now: float) -> Text:
    end = phase.ended if phase.ended is not None else max(now, phase.started)
    text = Text(clock(end - phase.started).rjust(7))
    left = phase_left(phase, now)
    if phase.ended is None and left is not None:
        text.append(f"  {clock(left)} left", "dim")
    return text


def status(state: ViewState, width: int, now: float) -> Text:
    """Pace, memory and what is saved, in one line."""
    phase = state.phase
    parts = [f"step {state.step}"] if state.step else []
    waiting = phase is not None and phase.ended is None and not phase.recent
    if phase is not None and waiting and not state.over:
        parts = [
            f"{_SPINNER[int(now * 4) % len(_SPINNER)]} preparing the first step of {phase.name}"
        ]
    if phase is not None and phase.ended is None:
        parts += [f"{count(float(f'{v:.3g}'))} {name}" for name, v in phase.rates.items()]
    if state.memory_mb:
        parts.append(f"{count(round(state.memory_mb))} MB memory")
    counted = phase is not None and "evaluations" in phase.rates
    if state.evaluations and not counted:
        parts.append(f"{count(state.evaluations)} evaluations")
    if state.checkpoint_time is not None:
        parts.append(f"saved {clock(now - state.checkpoint_time)} ago")
    if phase is not None and phase.note and phase.ended is None:
        parts.append(phase.note)
    return exact(Text("   " + fitting(parts, "  ·  ", width - 4)), width)


def footer(state: ViewState, width: int, notice: str, hint: str) -> Text:
    """The latest thing a person should know, or what can be done and where the run is kept."""
    if notice:
        return exact(Text(f" {notice}", style="bold yellow"), width)
    if state.over:
        return exact(Text(f" {state.message or state.run}", style="bold"), width)
    if state.warnings:
        more = f" (+{state.n_warnings - 1} more)" if state.n_warnings > 1 else ""
        return between(Text(f" ⚠ {state.warnings[-1]}", style="yellow"), Text(more, "dim"), width)
    right = Text(f"  {state.run} ", style="dim")
    return between(Text(f" {hint}", "dim"), right, width)

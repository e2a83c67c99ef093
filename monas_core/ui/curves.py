"""The curves of the live screen: losses, and the hypervolume as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from rich.text import Text

from monas_core.ui.blocks import ACCENT, Block, between, boxed, sparkline
from monas_core.ui.parts import PhaseView
from monas_core.ui.plot import Axis, Plot
from monas_core.ui.series import Series
from monas_core.ui.text import number
from monas_core.ui.view import ViewState

LOSS_COLOURS = ("yellow", "blue", "magenta", "green")


def losses(state: ViewState, width: int, height: int) -> Block:
    """Latest value and history of each loss of the current phase."""
    phase = _phase_with_losses(state)
    if phase is None:
        return boxed("losses", [Text("none yet", "dim")], width, height)
    return boxed(f"losses · {phase.name}", _loss_rows(phase, width - 4, height - 2), width, height)


def _loss_rows(phase: PhaseView, width: int, height: int) -> Block:
    """Each loss in three lines where they fit, else in one."""
    shown = list(phase.losses.items())
    rows: Block = []
    if 3 * len(shown) - 1 <= height:
        for (name, series), colour in zip(shown, cycle(LOSS_COLOURS), strict=False):
            rows.append(between(Text(name), _bold(number(series.latest)), width))
            rows += [sparkline(series.shown, width, colour), Text("")]
        return rows
    margin = min(max(len(name) for name, _ in shown), max(6, width // 2 - 6))
    for (name, series), colour in zip(shown[:height], cycle(LOSS_COLOURS), strict=False):
        line = Text.assemble(name[:margin].ljust(margin))
        line.append(number(series.latest).rjust(9) + " ", "bold")
        rows.append(line.append_text(sparkline(series.shown, width - margin - 10, colour)))
    return rows


def _bold(text: str) -> Text:
    return Text(text, style="bold", end="")


def _phase_with_losses(state: ViewState) -> PhaseView | None:
    for phase in reversed(state.phases):
        if phase.losses:
            return phase
    return None


def loss_curve(state: ViewState, width: int, height: int) -> Block:
    """The losses of the current phase as curves, until there is a front to show."""
    phase = _phase_with_losses(state)
    if phase is None:
        hint = "no numbers yet" if state.phases else "the run has not started yet"
        return boxed("training", [Text(hint, "dim")], width, height)
    shown = _comparable(phase)
    title = Text.assemble((phase.name, "bold"))
    for (name, series), colour in zip(shown, LOSS_COLOURS, strict=False):
        title.append(f"  {name} ", colour).append(number(series.latest))
    done = max(phase.done, 1.0)
    plot = Plot(
        width - 4,
        height - 2,
        Axis(0.0, max(done, phase.total)),
        Axis.around(value for _, series in shown for value in series.shown),
        phase.unit,
        "loss",
    )
    for (_, series), colour in reversed(list(zip(shown, LOSS_COLOURS, strict=False))):
        values = smoothed(series.shown)
        across = [done * (i + 1) / len(values) for i in range(len(values))]
        plot.curve(list(zip(across, values, strict=True)), colour)
    return boxed(title, plot.lines(), width, height)


def smoothed(values: Sequence[float]) -> list[float]:
    """A running mean over about a thirtieth of the history: single batches are noisy."""
    keep = 1.0 - 1.0 / max(1.0, len(values) / 30)
    found: list[float] = []
    for value in values:
        found.append(keep * found[-1] + (1 - keep) * value if found else value)
    return found


def _comparable(phase: PhaseView) -> list[tuple[str, Series]]:
    """The first loss and those that share its scale."""
    named = [(name, series) for name, series in phase.losses.items() if series.shown]
    if not named:
        return []
    low, high = min(named[0][1].shown), max(named[0][1].shown)
    return [
        (name, series)
        for name, series in named[: len(LOSS_COLOURS)]
        if min(series.shown) <= high and max(series.shown) >= low
    ]


def hypervolume(state: ViewState, width: int, height: int) -> Block:
    """The mean hypervolume over the search devices as it grew."""
    values = state.hypervolume.shown
    title = Text.assemble(("mean hypervolume" if width >= 32 else "hypervolume", "bold"))
    if not values:
        return boxed(title, [Text("no front yet", "dim")], width, height)
    title.append(f"  {number(state.hypervolume.latest)}", f"bold {ACCENT}")
    if height < 7:
        return boxed(title, [sparkline(values, width - 4)], width, height)
    times = state.hypervolume_times.shown
    unit, scale = ("min", 60.0) if times[-1] > 600 else ("s", 1.0)
    across = [time / scale for time in times]
    low, high = across[0], across[-1]
    axis = Axis(low, high if high > low else low + 1.0)
    plot = Plot(width - 4, height - 2, axis, Axis.around(values), unit, "")
    plot.curve(list(zip(across, values, strict=True)), ACCENT)
    return boxed(title, plot.lines(), width, height)


def key_figures(state: ViewState, width: int, height: int) -> Block:
    """Hypervolume and losses together, for small terminals."""
    inner = width - 4
    rows: Block = []
    values = state.hypervolume.shown
    if values:
        head = between(Text("hypervolume"), _bold(number(state.hypervolume.latest)), inner)
        rows += [head, sparkline(values, inner), Text("")]
    phase = _phase_with_losses(state)
    if phase is not None:
        rows += _loss_rows(phase, inner, height - 2 - len(rows))
    return boxed("progress", rows or [Text("no numbers yet", "dim")], width, height)

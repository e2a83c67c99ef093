"""The curves of the live screen: losses, and the hypervolume as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from rich.text import Text

from monas_core.ui import tables
from monas_core.ui.blocks import ACCENT, Block, between, boxed, sparkline
from monas_core.ui.parts import PhaseView
from monas_core.ui.plot import Axis, Plot
from monas_core.ui.series import Series
from monas_core.ui.text import clock, number
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
    ends: list[tuple[float, float, str, str]] = []
    for (name, series), colour in reversed(list(zip(shown, LOSS_COLOURS, strict=False))):
        values = smoothed(series.shown)
        across = [done * (i + 1) / len(values) for i in range(len(values))]
        plot.curve(list(zip(across, values, strict=True)), colour)
        ends.append((across[-1], values[-1], name, colour))
    for x, y, name, colour in ends:  # which is which where there are no colours
        plot.canvas.glyph(*plot.place(x, y), name[:1], f"bold {colour}")
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


def hypervolume(state: ViewState, width: int, height: int, now: float) -> Block:
    """How much the mean hypervolume lacked to the best so far, and when it last grew."""
    title = Text.assemble(("mean hypervolume" if width >= 56 else "hypervolume", "bold"))
    if not state.hypervolume.shown:
        return boxed(title, [Text("no front yet", "dim")], width, height)
    title.append(f"  {number(state.hypervolume.latest)}", f"bold {ACCENT}")
    since, rows = last_improved(state, now), height - 2
    if title.cell_len + len(since) + 2 <= width - 6:
        title.append(f"  {since}", "dim")
        return boxed(title, _growth(state, width - 4, rows, now), width, height)
    below = _growth(state, width - 4, rows - 1, now)
    return boxed(title, [Text(since, "dim"), *below], width, height)


def last_improved(state: ViewState, now: float) -> str:
    """``last improved 0:39 ago``; afterwards at what time it did."""
    if state.improved is None:
        return ""
    search = next((p for p in state.phases if p.name == "search"), None)
    if state.over or (search is not None and search.ended is not None):
        return f"last improved at {clock(state.improved)}"
    return f"last improved {clock(now - state.improved)} ago"


def _growth(state: ViewState, width: int, height: int, now: float) -> Block:
    """The gap to the best so far over time, logarithmic; where it is low, the values as bars."""
    values, times = state.hypervolume.shown, state.hypervolume_times.shown
    if len(values) > 2:  # the first is that of the references, before anything was searched
        values, times = values[1:], times[1:]
    if not values:
        return []
    gaps = [max(values) - value for value in values]
    widest = max(gaps)
    if widest <= 0:
        return [Text("no better front yet", "dim")]
    if height < 5:
        return [sparkline(values, width)]
    floor = max(1e-4, widest / 1e3)
    search = next((p for p in state.phases if p.name == "search"), None)
    end = search.ended if search is not None and search.ended is not None else now
    unit, scale = ("min", 60.0) if end > 600 else ("s", 1.0)
    low, high = times[0] / scale, max(end, times[-1]) / scale
    plot = Plot(
        width,
        height,
        Axis(low, high if high > low else low + 1.0),
        Axis(floor / 1.5, widest * 1.5, log=True),
        unit,
        "gap to the best",
    )
    steps: list[tuple[float, float]] = []
    for time, gap in zip([t / scale for t in times], gaps, strict=True):
        level = max(gap, floor / 1.5)
        steps += [*([(time, steps[-1][1])] if steps else []), (time, level)]
    plot.curve([*steps, (high, steps[-1][1])], ACCENT)
    return plot.lines()


def key_figures(
    state: ViewState, width: int, height: int, now: float, *, focus: str, internals: bool
) -> Block:
    """What a narrow column has room for: growth and devices, or losses before and on request."""
    inner, room = width - 4, height - 2
    rows: Block = []
    if state.hypervolume.shown:
        rows += [
            between(Text("hypervolume"), _bold(number(state.hypervolume.latest)), inner),
            Text(last_improved(state, now), "dim"),
        ]
    phase = _phase_with_losses(state)
    if phase is not None and (internals or not state.fronts):
        rows += _loss_rows(phase, inner, room - len(rows))
    elif state.fronts:
        names = min(len(tables.shown_devices(state)), max(2, room - len(rows) - 6))
        rows += _growth(state, inner, room - len(rows) - names, now)
        rows += tables.short_list(state, focus, inner, room - len(rows))
    return boxed("progress", rows or [Text("no numbers yet", "dim")], width, height)

"""Which panels are shown where, for any size of the terminal."""

from __future__ import annotations

import attrs
from rich.text import Text

from monas_core.ui import curves, panels, tables
from monas_core.ui.blocks import Block, beside, exact, fit
from monas_core.ui.controls import Controls, explained, hint
from monas_core.ui.front_panel import front_panel
from monas_core.ui.helping import help_page
from monas_core.ui.progress import Outlook, outlook
from monas_core.ui.telling import opening, unseen
from monas_core.ui.view import ViewState

WIDE = 112
TALL = 32
SECONDS_PER_DEVICE = 4.0


def focus_device(state: ViewState, clock: float, chosen: str | None = None) -> str:
    """The device shown now: the chosen one, or each in turn for a few seconds."""
    names = [name for name in (*state.devices, *state.held_out) if name in state.fronts]
    if chosen is not None:
        return chosen
    if not names:
        return ""
    return names[int(clock / SECONDS_PER_DEVICE) % len(names)]


@attrs.frozen
class _Frame:
    """What a frame shows: a moment of a run as a person wants to see it."""

    state: ViewState
    now: float
    focus: str
    controls: Controls

    @property
    def axes(self) -> tuple[int, int]:
        return self.controls.axes

    def internals(self, otherwise: bool) -> bool:
        """Whether losses are shown: as asked, else as the size suggests."""
        wanted = self.controls.internals
        return otherwise if wanted is None else wanted


def compose(
    state: ViewState,
    width: int,
    height: int,
    *,
    now: float,
    focus: str = "",
    notice: str = "",
    controls: Controls | None = None,
    view: Outlook | None = None,
) -> Block:
    """The whole screen: exactly ``height`` lines of ``width`` cells."""
    frame = _Frame(state, now, focus, controls or Controls())
    top: Block = [panels.header(state, width, now, view or outlook(state, now))]
    if height >= TALL:
        top.append(panels.facts(state, width))
    top += panels.phases(state, width, now)
    top.append(panels.status(state, width, now))
    if height >= 20:
        top += _sentence(frame, width)
    bottom = [panels.footer(state, width, notice, hint(frame.controls))]
    room = height - len(top) - len(bottom)
    page = frame.controls.page
    keys = explained(frame.controls.mode)
    shown = help_page(page, keys, state.objectives, width, room) if page and room >= 3 else None
    if shown is not None:
        body: Block = shown
    elif width < 50 or room < 6:
        body = fit([], width, max(0, room))
    elif width >= WIDE:
        body = _wide(frame, width, room)
    elif room >= 28:
        body = _tall(frame, width, room)
    else:
        body = _small(frame, width, room)
    return fit([*top, *body, *bottom], width, height)


def _sentence(frame: _Frame, width: int) -> Block:
    """What a newcomer has to know at this moment: what begins, or why values changed."""
    state = frame.state
    begins = not state.over and not state.fronts and len(state.phases) < 2
    told = opening(state, frame.now) if begins else unseen(state, frame.focus)
    return [exact(Text(f"   {told}", style="italic"), width)] if told else []


def _main_panel(frame: _Frame, width: int, height: int) -> Block:
    if frame.focus in frame.state.fronts:
        return front_panel(frame.state, frame.focus, width, height, frame.axes)
    return curves.loss_curve(frame.state, width, height)


def _small(frame: _Frame, width: int, room: int) -> Block:
    """80 x 24: scatter beside the key figures, best architectures below."""
    state, side = frame.state, 27 if width < 96 else 34
    low = tables.rows_of_best(state) if room >= 16 and state.fronts else 0
    high = room - low
    internals = frame.internals(otherwise=False)
    upper = beside(
        _main_panel(frame, width - side, high),
        curves.key_figures(state, side, high, frame.now, focus=frame.focus, internals=internals),
    )
    return [*upper, *(tables.best(state, frame.focus, width, low) if low else [])]


def _tall(frame: _Frame, width: int, room: int) -> Block:
    """80 x 40: everything below each other."""
    state = frame.state
    best = tables.rows_of_best(state) if state.fronts else 0
    graph = 9 if room >= 34 else 7
    table = min(len(tables.shown_devices(state)) + 3, max(0, room - best - graph - 12))
    table = table if table >= 5 else 0
    main = room - best - graph - table
    return [
        *_main_panel(frame, width, main),
        *_curves(frame, width, graph),
        *(tables.devices(state, frame.focus, width, table) if table else []),
        *(tables.best(state, frame.focus, width, best) if best else []),
    ]


def _wide(frame: _Frame, width: int, room: int) -> Block:
    """160 x 45: scatters at the left, devices and curves at the right, best ones below."""
    state = frame.state
    best = tables.rows_of_best(state) if room >= 14 and state.fronts else 0
    upper = room - best
    left = width * 52 // 100
    right = width - left
    rows = len(tables.shown_devices(state))
    table = min(rows + 3, max(5, upper * 45 // 100)) if rows else 0
    rest = upper - table
    column = tables.devices(state, frame.focus, right, table) if table else []
    column = fit([*column, *(_curves(frame, right, rest) if rest >= 5 else [])], right, upper)
    main = beside(_scatters(frame, left, upper), column)
    return [*main, *(tables.best(state, frame.focus, width, best) if best else [])]


def _scatters(frame: _Frame, width: int, height: int) -> Block:
    """One objective over another and, where there is room, over a third."""
    count = len(frame.state.objectives)
    if frame.focus not in frame.state.fronts or count < 3 or height < 24:
        return _main_panel(frame, width, height)
    across, up = (axis % count for axis in frame.axes)
    third = next(index for index in (2, 1, 0) if index not in (across, up))
    upper = height - height // 2
    return [
        *_main_panel(frame, width, upper),
        *front_panel(frame.state, frame.focus, width, height // 2, (third, up), second=True),
    ]


def _curves(frame: _Frame, width: int, height: int) -> Block:
    """Growth of the hypervolume and losses beside it, or the one that there is."""
    state = frame.state
    if not state.hypervolume.shown:
        return curves.losses(state, width, height)
    if not frame.internals(otherwise=width >= 76):
        return curves.hypervolume(state, width, height, frame.now)
    half = width * 55 // 100
    return beside(
        curves.hypervolume(state, half, height, frame.now),
        curves.losses(state, width - half, height),
    )

"""Which panels are shown where, for any size of the terminal."""

from __future__ import annotations

from monas_core.ui import curves, panels, tables
from monas_core.ui.blocks import Block, beside, fit
from monas_core.ui.front_panel import front_panel
from monas_core.ui.progress import Outlook, outlook
from monas_core.ui.view import ViewState

WIDE = 112
TALL = 32
SECONDS_PER_DEVICE = 4.0
STOPPING = "Ctrl-C stops after the current step and saves"


def focus_device(state: ViewState, clock: float, chosen: str | None = None) -> str:
    """The device shown now: the chosen one, or each in turn for a few seconds."""
    names = [name for name in (*state.devices, *state.held_out) if name in state.fronts]
    if chosen is not None:
        return chosen
    if not names:
        return ""
    return names[int(clock / SECONDS_PER_DEVICE) % len(names)]


def compose(
    state: ViewState,
    width: int,
    height: int,
    *,
    now: float,
    focus: str = "",
    notice: str = "",
    hint: str = STOPPING,
    view: Outlook | None = None,
) -> Block:
    """The whole screen: exactly ``height`` lines of ``width`` cells."""
    top: Block = [panels.header(state, width, now, view or outlook(state, now))]
    if height >= TALL:
        top.append(panels.facts(state, width))
    top += panels.phases(state, width, now)
    top.append(panels.status(state, width, now))
    bottom = [panels.footer(state, width, notice, hint)]
    room = height - len(top) - len(bottom)
    if width < 50 or room < 6:
        body: Block = fit([], width, max(0, room))
    elif width >= WIDE:
        body = _wide(state, width, room, focus)
    elif room >= 24:
        body = _tall(state, width, room, focus)
    else:
        body = _small(state, width, room, focus)
    return fit([*top, *body, *bottom], width, height)


def _main_panel(state: ViewState, focus: str, width: int, height: int) -> Block:
    if focus in state.fronts:
        return front_panel(state, focus, width, height)
    return curves.loss_curve(state, width, height)


def _small(state: ViewState, width: int, room: int, focus: str) -> Block:
    """80 x 24: scatter beside the key figures, best architectures below."""
    side = 27 if width < 96 else 34
    low = len(state.objectives) + 4 if room >= 17 and state.fronts else 0
    high = room - low
    upper = beside(
        _main_panel(state, focus, width - side, high),
        curves.key_figures(state, side, high),
    )
    return [*upper, *(tables.best(state, focus, width, low) if low else [])]


def _tall(state: ViewState, width: int, room: int, focus: str) -> Block:
    """80 x 40: everything below each other."""
    best = len(state.objectives) + 4 if state.fronts else 0
    graph = 8 if room >= 30 else 6
    table = min(len(state.devices) + 3, max(0, room - best - graph - 12))
    table = table if table >= 5 else 0
    main = room - best - graph - table
    return [
        *_main_panel(state, focus, width, main),
        *_curves(state, width, graph),
        *(tables.devices(state, focus, width, table) if table else []),
        *(tables.best(state, focus, width, best) if best else []),
    ]


def _wide(state: ViewState, width: int, room: int, focus: str) -> Block:
    """160 x 45: scatters at the left, devices and curves at the right, best ones below."""
    best = len(state.objectives) + 4 if room >= 14 and state.fronts else 0
    upper = room - best
    left = width * 52 // 100
    right = width - left
    rows = len(state.devices) + len(state.held_out)
    table = min(rows + 3, max(5, upper * 45 // 100)) if rows else 0
    rest = upper - table
    column = tables.devices(state, focus, right, table) if table else []
    column = fit([*column, *(_curves(state, right, rest) if rest >= 5 else [])], right, upper)
    main = beside(_scatters(state, focus, left, upper), column)
    return [*main, *(tables.best(state, focus, width, best) if best else [])]


def _scatters(state: ViewState, focus: str, width: int, height: int) -> Block:
    """The first objective over the second and, where there is room, over the third."""
    if focus not in state.fronts or len(state.objectives) < 3 or height < 24:
        return _main_panel(state, focus, width, height)
    upper = height - height // 2
    return [
        *front_panel(state, focus, width, upper),
        *front_panel(state, focus, width, height // 2, axes=(2, 0)),
    ]


def _curves(state: ViewState, width: int, height: int) -> Block:
    if not state.hypervolume.shown:
        return curves.losses(state, width, height)
    half = width // 2
    return beside(
        curves.hypervolume(state, half, height), curves.losses(state, width - half, height)
    )

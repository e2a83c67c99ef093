"""What a person asked of the screen with keys: which device, which axes, help, a pause, a place.

Only the wishes are kept here; how keys are read is in ``keys``, what they change in ``live``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import attrs

Mode = Literal["run", "watch", "replay"]

_SKIP = 0.05
"""Share of a run by which a replay jumps."""
_FASTEST, _SLOWEST = 4096.0, 1 / 16


@attrs.define
class Controls:
    """Wishes that hold until the next key.

    Attributes:
        mode: Whether the run is this process's own, another one's, or played again.
        device: The device to stay with; ``None`` shows each in turn.
        axes: Objectives across and up, by index.
        internals: Whether losses and speeds are shown; ``None``: where there is room.
        page: Page of help that is open, 0 for none; pages are counted where they are drawn.
        held: Whether the picture stays as it is.
        leaving: Whether the watching of a run is to end.
        jump: Where a replay shall go, as a share of the run to add; taken by ``taken_jump``.
        faster: Factor by which a replay was made faster.
        keyed: Whether keys are read at all.
    """

    mode: Mode = "run"
    device: str | None = None
    axes: tuple[int, int] = (1, 0)
    internals: bool | None = None
    page: int = 0
    held: bool = False
    leaving: bool = False
    jump: float = 0.0
    faster: float = 1.0
    keyed: bool = False

    def press(self, key: str, devices: Sequence[str], focus: str, objectives: int) -> None:
        """Do what a key stands for; keys without a meaning count for nothing.

        Args:
            key: As ``keys.named`` tells it.
            devices: Those that can be shown.
            focus: The one that is shown.
            objectives: How many there are.
        """
        if key in ("?", "h", "H"):
            self.page += 1
        elif key == "escape" or (self.page and key in "qQ"):
            self.page = 0
        elif key in ("left", "right") or (key.isdecimal() and key.isascii()):
            self.device = self._chosen(key, devices, focus)
        elif key in "xXyY":
            self._turn(key.lower(), objectives)
        elif key in "iI":
            self.internals = not self.internals
        elif key == " ":
            self.held = not self.held
        elif key in "qQ":
            self.leaving = self.mode != "run"
        elif self.mode == "replay":
            self._wind(key)

    def taken_jump(self) -> float:
        """Where to go, once."""
        jump, self.jump = self.jump, 0.0
        return jump

    def _chosen(self, key: str, devices: Sequence[str], focus: str) -> str | None:
        if key == "0":
            return None
        if key.isdecimal():
            return dict(enumerate(devices, 1)).get(int(key), self.device)
        if not devices:
            return self.device
        here = devices.index(focus) if focus in devices else 0
        return devices[(here + (1 if key == "right" else -1)) % len(devices)]

    def _turn(self, key: str, objectives: int) -> None:
        """The next objective on an axis, never the same on both."""
        if objectives < 2:
            return
        across, up = (axis % objectives for axis in self.axes)
        turned, other = (across, up) if key == "x" else (up, across)
        turned = (turned + 1) % objectives
        turned = (turned + 1) % objectives if turned == other else turned
        self.axes = (turned, up) if key == "x" else (across, turned)

    def _wind(self, key: str) -> None:
        jumps = {",": -_SKIP, ".": _SKIP, "down": -_SKIP, "up": _SKIP, "home": -1.0, "end": 1.0}
        self.jump += jumps.get(key, 0.0)
        if key in "+-":
            factor = 2.0 if key == "+" else 0.5
            self.faster = min(_FASTEST, max(_SLOWEST, self.faster * factor))


KEYS = {
    "← →  1…9": "another device",
    "0": "every device in turn",
    "x  y": "another objective across, or up",
    "space": "hold the picture; once more goes on",
    "i": "show or hide what happens inside: losses, speeds",
    "?": "this help, the next page, and back",
}
"""What the keys do, for the help page; more in some modes."""
_MORE = {
    "run": {"Ctrl-C": "stop after the current step, and save"},
    "watch": {"q": "leave; the run goes on"},
    "replay": {
        ", .  ↓ ↑": "back and forth by a twentieth of the run",
        "Home End": "to the beginning, to the end",
        "+ -": "faster, slower",
        "q": "leave",
    },
}


def explained(mode: Mode) -> dict[str, str]:
    """Every key that does something in a mode."""
    return KEYS | _MORE[mode]


def hint(controls: Controls) -> str:
    """What can be done, for the last line; without keys only how to stop or leave."""
    stop = "Ctrl-C stops after the current step and saves"
    if not controls.keyed:
        return stop if controls.mode == "run" else "Ctrl-C leaves, the run goes on"
    if controls.mode == "run":
        held = "space goes on; " if controls.held else ""
        return f"{held}{stop}; ? keys and words"
    space = f"space {'goes on' if controls.held else 'holds'}"
    if controls.mode == "watch":
        return f"q leaves, the run goes on; ? keys and words; ←→ device, {space}"
    return f"q leaves; ? keys and words; ←→ device, {space}, , . back and forth"

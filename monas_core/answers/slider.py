"""A slider per objective in a notebook: what a wish singles out, as fast as it is moved.

Every move is answered from the stored front; the optimizer is asked on a click, since it may have
to judge a network that nobody has seen. Needs anywidget.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import anywidget
import traitlets

from monas_core.errors import MonasError
from monas_core.ui.words import member_in_words
from monas_core.values.member import Front, Member
from monas_core.values.view import ObjectiveView

Answering = Callable[[Mapping[str, float]], Member]
"""From weights by objective to a network."""


class WishSlider(anywidget.AnyWidget):
    """Move the sliders and read ``member``: the network that the weights single out.

    Args:
        front: Of the device that is asked for; not empty.
        stored: Answers from the front alone.
        optimizer: Answers by the optimizer, as ``Run.pick``.

    Attributes:
        weights: 0 to 100 by objective, of which shares are made; may be set from Python.
        member: The latest answer.
        fault: Why there is none, in words.
    """

    _esm = Path(__file__).with_name("slider.js")
    title = traitlets.Unicode().tag(sync=True)
    objectives = traitlets.List(traitlets.Unicode()).tag(sync=True)
    points = traitlets.List().tag(sync=True)
    weights = traitlets.List(traitlets.Float()).tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)
    asked = traitlets.Int(0).tag(sync=True)
    busy = traitlets.Bool().tag(sync=True)
    fault = traitlets.Unicode("").tag(sync=True)

    def __init__(self, front: Front, stored: Answering, optimizer: Answering) -> None:
        self._front, self._stored, self._optimizer = front, stored, optimizer
        self._axes = [_axis(front, objective) for objective in front.objectives[:2]]
        self.member: Member | None = None
        objectives = [objective.headed for objective in front.objectives]
        super().__init__(
            title=f"{front.space} on {front.device}",
            objectives=objectives,
            points=[self._point(member) for member in front.members],
            weights=[50.0] * len(objectives),
        )
        self.observe(lambda _: self._answered(self._stored, "front"), "weights")
        self.observe(lambda _: self._ask(), "asked")
        self._answered(self._stored, "front")

    @property
    def wish(self) -> dict[str, float]:
        """Weights by objective, sum 1; all alike where none matters."""
        total = sum(self.weights)
        even = 1 / len(self.weights)
        shares = (weight / total if total > 0 else even for weight in self.weights)
        return dict(zip(self._front.names, shares, strict=True))

    def _ask(self) -> None:
        self.busy = True
        try:
            self._answered(self._optimizer, "optimizer")
        finally:
            self.busy = False

    def _answered(self, answering: Answering, source: str) -> None:
        try:
            self.member = answering(self.wish)
        except MonasError as error:  # a callback of the front end has nobody else to tell
            self.member, self.answer, self.fault = None, {}, str(error)
            return
        words, point = (
            member_in_words(self.member, self._front.objectives),
            self._point(self.member),
        )
        self.answer = {"key": self.member.key, "words": words, "source": source, "point": point}
        self.fault = ""

    def _point(self, member: Member) -> list[float]:
        """Where a network is drawn: second objective across, first up; 0 is the better end."""
        y, x = [axis(member) for axis in self._axes] if len(self._axes) > 1 else (0.5, 0.5)
        return [x, y]


def _axis(front: Front, objective: ObjectiveView) -> Callable[[Member], float]:
    """From a network to 0 (best of the front) to 1 (its worst), costs as logarithms."""
    name = objective.name
    ratio = not objective.score and all(member.reached[name] > 0 for member in front.members)

    def minimised(member: Member) -> float:
        value = float(member.reached[name])
        value = math.log(max(value, 1e-30)) if ratio else value
        return value if objective.direction == "min" else -value

    known = [minimised(member) for member in front.members]
    low, width = min(known), (max(known) - min(known)) or 1.0
    return lambda member: min(1.0, max(0.0, (minimised(member) - low) / width))

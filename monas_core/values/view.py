"""An objective as files and screens know it: its name, unit and direction."""

from __future__ import annotations

from typing import Any

import attrs

from monas_core.values import reading
from monas_core.values.spelling import typed


@attrs.frozen
class ObjectiveView:
    """Name, unit and direction of an objective, and the name of the task's score that it is."""

    name: str
    unit: str
    direction: str
    score: str = ""

    @property
    def said(self) -> str:
        """Its name, and where that does not tell, which score it is: ``acc (RMSE)``."""
        told = typed(self.score).casefold() in self.name.casefold()
        return self.name if told else f"{self.name} ({self.score})"

    @property
    def headed(self) -> str:
        """As the head of a column: ``lat [ms]``."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    def better(self, first: float, second: float) -> bool:
        """Whether the first value is better than the second."""
        return first < second if self.direction == "min" else first > second

    def to_json(self) -> dict[str, str]:
        """``{"name", "unit", "direction"}``; ``score`` where it is one."""
        document = {"name": self.name, "unit": self.unit, "direction": self.direction}
        return document | ({"score": self.score} if self.score else {})

    @classmethod
    def from_json(cls, document: Any) -> ObjectiveView:
        """Inverse of ``to_json``. Raises ValueError for anything else."""
        view = cls(
            *(reading.part(document, name, reading.text) for name in ("name", "unit", "direction")),
            score=reading.part(document, "score", reading.text, ""),
        )
        if view.direction not in ("min", "max"):
            raise ValueError(f'direction of {view.name} is "{view.direction}", not min or max')
        return view

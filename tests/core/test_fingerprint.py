"""What tells a part of a program from another: its code and its plain values."""

from __future__ import annotations

import linecache
from functools import cached_property
from typing import Any

import attrs
import pytest
import torch

from monas_core.running.fingerprint import code_digest, settings_of


def typed(text: str, number: int = 0) -> Any:
    """A class ``Part`` as a notebook makes it from the text of a cell."""
    name = f"<fingerprint {number} {hash(text)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space: dict[str, Any] = {"__name__": f"cell{number}"}
    exec(compile(text, name, "exec"), space)
    return space["Part"]


PLAIN = "class Part:\n    size = 2\n    def grow(self):\n        return self.size + 1\n"


@pytest.mark.parametrize(
    "same",
    [
        PLAIN.replace("return", "# more\n        return"),
        PLAIN.replace("        return", '        """Grow."""\n        return'),
        PLAIN.replace("self.size + 1", "(self.size\n            + 1)"),
        "\n\n" + PLAIN,
        PLAIN.replace("class Part:", 'class Part:\n    """A part."""'),
    ],
    ids=["comment", "docstring", "layout", "place", "class docstring"],
)
def test_what_does_not_count(same: str) -> None:
    assert code_digest(typed(same, 1)) == code_digest(typed(PLAIN)) != ""


@pytest.mark.parametrize(
    "other",
    [
        PLAIN.replace("+ 1", "+ 2"),
        PLAIN.replace("size = 2", "size = 3"),
        PLAIN.replace("grow", "shrink"),
        PLAIN + "    @property\n    def more(self):\n        return 1\n",
        PLAIN + "    @staticmethod\n    def more():\n        return 1\n",
        "class Base:\n    def old(self):\n        return 0\n"
        + PLAIN.replace("Part:", "Part(Base):"),
    ],
    ids=["number", "attribute", "name", "property", "static method", "base"],
)
def test_what_counts(other: str) -> None:
    assert code_digest(typed(other)) not in (code_digest(typed(PLAIN)), "")


def test_kinds_of_methods_are_all_read() -> None:
    class Part:
        @cached_property
        def slow(self) -> int:
            return 1

        @classmethod
        def made(cls) -> Part:
            return cls()

    class Other(Part):
        @cached_property
        def slow(self) -> int:
            return 2

    assert code_digest(Part) != code_digest(Other)


def test_without_source_nothing_is_claimed() -> None:
    space: dict[str, Any] = {"__name__": "typed"}
    exec("class Part:\n    def grow(self):\n        return 1\n", space)
    assert code_digest(space["Part"]) == ""


def test_settings_are_what_is_plain() -> None:
    @attrs.define
    class Slotted:
        rate: float
        sizes: tuple[int, ...]

    class Part:
        def __init__(self, weights: torch.Tensor) -> None:
            self.weights, self.words = weights, {"a": [1, None]}
            self.handle = object()
            self.rule = lambda x: x + 1
            self.slotted = Slotted(0.1, (1, 2))

    found = settings_of(Part(torch.ones(3, dtype=torch.bfloat16)))
    assert found["words"] == {"a": [1, None]}
    assert "handle" not in found
    assert found["weights"] != settings_of(Part(torch.zeros(3)))["weights"]
    assert found["rule"].startswith("sha256")
    assert settings_of(Slotted(0.1, (1, 2))) == {"rate": 0.1, "sizes": [1, 2]}
    assert settings_of(Part) == {}

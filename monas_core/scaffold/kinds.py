"""Kinds of plugin that a package can be started for; imports nothing, so that help is quick."""

from __future__ import annotations

from typing import Final

SMALL: Final = "--budget 24evals warm_up.steps=40 preferences=4"
"""What makes a first run one of seconds."""

CELLS: Final = "monas run --space nasbench201"

FIRST_RUN: Final[dict[str, str]] = {
    "space": f"monas run --space {{name}} --task digits --objectives acc,params {SMALL}",
    "objective": f"{CELLS} --objectives acc,{{name}} {SMALL}",
    "device": f"{CELLS} --objectives acc,lat --devices {{name}} {SMALL}",
    "embedding": f"{CELLS} --objectives acc,lat {SMALL} embedding={{name}}",
    "optimizer": f"{CELLS} --objectives acc,params --optimizer {{name}} {SMALL}",
    "trainer": f"{CELLS} --objectives acc,params --trainer {{name}} {SMALL}",
    "task": f"{CELLS} --task {{name}} --objectives acc,params {SMALL}",
    "loss": f"{CELLS} --loss {{name}} --objectives acc,params {SMALL}",
    "format": f"{CELLS} --objectives acc,params {SMALL}",
    "observer": f"{CELLS} --objectives acc,params {SMALL}",
}
"""A command by kind that a new plugin of it takes part in; a format's is followed by an export."""

AFTERWARDS: Final[dict[str, str]] = {"format": "monas export --format {name} --out exported"}
"""What else it takes to see a new plugin at work."""

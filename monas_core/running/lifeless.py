"""Networks that answer the same whatever they are shown: found in a front and told."""

from __future__ import annotations

from monas_core.parts.task import CONSTANT
from monas_core.values.member import Front

_NAMED = 3


def lifeless(front: Front) -> str | None:
    """A sentence on members whose training died, where their task tells; else ``None``."""
    dead = [member.key for member in front.members if member.extra.get(CONSTANT)]
    if not dead:
        return None
    few = ", ".join(dead[:_NAMED]) + (", ..." if len(dead) > _NAMED else "")
    return (
        f"{len(dead)} of {len(front.members)} members of the front of {front.device} give the same "
        f"output whatever they are shown ({few}): their training died. Do not use them; train "
        "longer, or with a smaller warm_up.learning_rate."
    )

"""What a folder's or file's name says of the part of the data that lies in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Role = Literal["train", "val", "test"]
_WORDS: Mapping[str, Role] = {
    **dict.fromkeys(("train", "training", "trn", "trainset"), "train"),
    **dict.fromkeys(
        ("val", "valid", "validation", "validate", "dev", "eval", "evaluation", "valset"), "val"
    ),
    **dict.fromkeys(("test", "testing", "tst", "testset", "holdout"), "test"),
}
_FILLERS = frozenset(
    "set data dataset images image imgs img split seg part pictures photos folder the my new "
    "final".split()
)


def role(name: str) -> Role | None:
    """The part a name says, in any case and with the usual ornaments.

    ``Train``, ``seg_test``, ``validation-set``, ``train2017``, ``test_images``, ``TrainingData``.
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = [word for word in re.split(r"[^a-z]+", spaced.lower()) if word]
    roles: set[Role] = {_WORDS[word] for word in words if word in _WORDS}
    others = [word for word in words if word not in _WORDS and word not in _FILLERS]
    return roles.pop() if len(roles) == 1 and not others else None

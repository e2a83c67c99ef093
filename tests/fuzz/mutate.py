"""Inputs near those a parser accepts: bytes, tokens and parts of documents changed at random."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

TOKENS = (
    b"null", b"true", b"NaN", b"Infinity", b"-1", b"0", b"1e400", b"9" * 400, b"1e-400",
    b"{}", b"[]", b'""', b'"\\ud800"', b"\xff", b"\x00", b"\x1b[2J", b"../x", b"/dev/zero",
    b"=1+1", b"<script>", b"&a [*a]", b"*a", b"!!python/object:os.system", b"!!binary x",
    b"2026-13-45", b"\n", b"\t", b": ", b"- ", b"[" * 60, b'{"a":' * 60, b"\xe2\x80\xae",
    b"1_000", b"0x1f", b"\xc2\xb13%", b",", b"=",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 10**30, "", "x", "../x", "\ud800", "\x1b[31m", [], {},
    [[]], {"a": 1}, ["x"] * 3, "9" * 300, {"": None}, [None], -0.0, 2**63,
)  # fmt: skip


def mutated(seed: bytes, generator: random.Random) -> bytes:
    """One more input."""
    if generator.random() < 0.5:
        changed = _document(seed, generator)
        if changed is not None:
            return changed
    data = bytearray(seed)
    for _ in range(generator.choice((1, 1, 2, 4))):
        _change(data, generator)
    return bytes(data[: 1 << 14])


def _change(data: bytearray, generator: random.Random) -> None:
    place = generator.randrange(len(data) + 1)
    kind = generator.randrange(6)
    if kind == 0 and place < len(data):
        data[place] ^= 1 << generator.randrange(8)
    elif kind == 1 and place < len(data):
        data[place] = generator.randrange(256)
    elif kind == 2:
        del data[place : place + generator.choice((1, 2, 8, 64))]
    elif kind == 3:
        data[place:place] = generator.choice(TOKENS)
    elif kind == 4:
        data[place : place + generator.choice((1, 4))] = generator.choice(TOKENS)
    else:
        other = generator.randrange(len(data) + 1)
        data[place:place] = data[other : other + generator.choice((2, 8, 32))]


def _document(seed: bytes, generator: random.Random) -> bytes | None:
    """A document with some parts replaced, or ``None`` where it is no JSON."""
    try:
        document = json.loads(seed)
    except (ValueError, RecursionError):
        return None
    holder = [document]
    for _ in range(generator.choice((1, 1, 2, 3))):
        _replace(holder, generator)
    return json.dumps(holder[0]).encode()


def _replace(holder: list[Any], generator: random.Random) -> None:
    place: Any = holder
    key: Any = 0
    for _ in range(generator.randrange(8)):
        inner = place[key]
        if isinstance(inner, dict) and inner:
            place, key = inner, generator.choice(sorted(inner))
        elif isinstance(inner, list) and inner:
            place, key = inner, generator.randrange(len(inner))
        else:
            break
    if isinstance(place, dict) and generator.random() < 0.2:
        if generator.random() < 0.5:
            del place[key]
        else:
            name = generator.choice(("x", "__map__", "__tensor__", "seal", "event", ""))
            place[name] = copy.deepcopy(place[key])
        return
    place[key] = copy.deepcopy(generator.choice(VALUES))

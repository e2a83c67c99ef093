"""From text to token ids and back; character by character here, see ``subwords`` for more.

Every vocabulary begins with the four tokens below. Networks for translation rely
on ``PAD`` being 0: they attend to no position that holds it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

PAD, BEGIN, END, UNKNOWN = range(4)
"""Fills up, starts a translation, ends a sentence, stands for what the vocabulary lacks."""
SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")


class Codec(Protocol):
    """A vocabulary for both languages.

    Attributes:
        size: Number of tokens, special ones included.
        name: What a token is, for ``describe``.
        packages: What pip installs to read ``files``.
    """

    size: int
    name: str
    packages: tuple[str, ...]

    def encode(self, text: str) -> list[int]:
        """Token ids without BEGIN and END; what the vocabulary lacks becomes UNKNOWN."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of some tokens; special ones are left out."""
        ...

    def files(self) -> dict[str, str]:
        """The vocabulary as files, by name, for who translates without monas."""
        ...

    def fingerprint(self) -> str:
        """A digest of the vocabulary."""
        ...


class Characters:
    """One token per character.

    Args:
        texts: Where the characters come from; what occurs but once is left out.
    """

    name = "characters"
    packages: tuple[str, ...] = ()

    def __init__(self, texts: Iterable[str]) -> None:
        counts = Counter[str]()
        for text in texts:
            counts.update(text)
        self.alphabet = sorted(character for character, count in counts.items() if count > 1)
        self.size = len(SPECIAL) + len(self.alphabet)
        self._ids = {c: number for number, c in enumerate(self.alphabet, start=len(SPECIAL))}

    def encode(self, text: str) -> list[int]:
        """As ``Codec.encode``."""
        return [self._ids.get(character, UNKNOWN) for character in text]

    def decode(self, tokens: Sequence[int]) -> str:
        """As ``Codec.decode``."""
        first = len(SPECIAL)
        return "".join(self.alphabet[token - first] for token in tokens if token >= first)

    def files(self) -> dict[str, str]:
        """As ``Codec.files``."""
        listed = json.dumps([*SPECIAL, *self.alphabet], ensure_ascii=False, allow_nan=False)
        return {"vocabulary.json": f"{listed}\n"}

    def fingerprint(self) -> str:
        """As ``Codec.fingerprint``."""
        return hashlib.sha256("".join(self.alphabet).encode()).hexdigest()

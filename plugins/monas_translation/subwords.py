"""Subwords learned by byte-pair encoding, through the ``tokenizers`` library.

Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units"
(ACL 2016, arXiv 1508.07909); one vocabulary for both languages, as HAT's data have.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from monas_translation.codec import SPECIAL, UNKNOWN

_BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


class Subwords:
    """A byte-pair vocabulary over characters.

    Args:
        texts: What it is learned from.
        size: Most tokens; there are fewer where the texts hold no more. Where they hold more
            characters, the rarest are written as the bytes of UTF-8, three tokens or so each;
            where there is no room for those either, they become UNKNOWN.
    """

    name = "subwords"
    packages: tuple[str, ...] = ("tokenizers",)

    def __init__(self, texts: Iterable[str], size: int) -> None:
        found = [unicodedata.normalize("NFC", text) for text in texts]
        room = size - len(SPECIAL)
        crowded = room >= 2 * len(_BYTES) and len(set().union(*found)) > room
        fallback = _BYTES if crowded else []
        self._tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[UNKNOWN], byte_fallback=crowded))
        self._tokenizer.normalizer = normalizers.NFC()
        self._tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        joined = decoders.Metaspace()
        whole = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse(), joined])
        self._tokenizer.decoder = whole if crowded else joined
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=[*SPECIAL, *fallback],
            limit_alphabet=room - len(fallback),  # else every character gets a token
            show_progress=False,
        )
        self._tokenizer.train_from_iterator(found, trainer)
        self.size = self._tokenizer.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """As ``Codec.encode``."""
        return self._tokenizer.encode(text).ids

    def decode(self, tokens: Sequence[int]) -> str:
        """As ``Codec.decode``."""
        text = [token for token in tokens if token >= len(SPECIAL)]
        return self._tokenizer.decode(text, skip_special_tokens=False)

    def fingerprint(self) -> str:
        """As ``Codec.fingerprint``."""
        return hashlib.sha256(self._tokenizer.to_str().encode()).hexdigest()

    def files(self) -> dict[str, str]:
        """As ``Codec.files``."""
        return {"tokenizer.json": self._tokenizer.to_str(pretty=True)}

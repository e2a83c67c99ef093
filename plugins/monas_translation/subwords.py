"""Subwords learned by byte-pair encoding, through the ``tokenizers`` library.

Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units"
(ACL 2016, arXiv 1508.07909); one vocabulary for both languages, as HAT's data have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from monas_translation.codec import SPECIAL, UNKNOWN


class Subwords:
    """A byte-pair vocabulary over characters.

    Args:
        texts: What it is learned from.
        size: Tokens wanted; there are fewer where the texts hold no more.
    """

    name = "subwords"
    packages: tuple[str, ...] = ("tokenizers",)

    def __init__(self, texts: Iterable[str], size: int) -> None:
        self._tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[UNKNOWN]))
        self._tokenizer.normalizer = normalizers.NFC()
        self._tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        self._tokenizer.decoder = decoders.Metaspace()
        trainer = trainers.BpeTrainer(
            vocab_size=size, special_tokens=list(SPECIAL), show_progress=False
        )
        self._tokenizer.train_from_iterator(texts, trainer)
        self.size = self._tokenizer.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """As ``Codec.encode``."""
        return self._tokenizer.encode(text).ids

    def decode(self, tokens: Sequence[int]) -> str:
        """As ``Codec.decode``."""
        return self._tokenizer.decode(list(tokens))

    def files(self) -> dict[str, str]:
        """As ``Codec.files``."""
        return {"tokenizer.json": self._tokenizer.to_str(pretty=True)}

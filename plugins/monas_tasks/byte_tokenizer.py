"""A tokenizer of the package transformers whose tokens are the 256 byte values, in order."""

from __future__ import annotations

import json


def files(context: int) -> dict[str, str]:
    """``tokenizer.json`` and its configuration, by name.

    Args:
        context: Tokens a model sees.
    """
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {**level, "use_regex": False},
        "post_processor": None,
        "decoder": {**level, "use_regex": False},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {letter: byte for byte, letter in enumerate(_letters())},
            "merges": [],
        },
    }
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
    }
    return {
        "tokenizer.json": json.dumps(tokenizer, ensure_ascii=False, indent=1, allow_nan=False)
        + "\n",
        "tokenizer_config.json": json.dumps(configuration, indent=1, allow_nan=False) + "\n",
    }


def _letters() -> list[str]:
    """The printable letter that byte-level tokenizers write for each byte.

    GPT-2's table (Radford et al., 2019): printable bytes of Latin-1 stand for themselves, the
    others for the letters from 256 on, in order.
    """
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]

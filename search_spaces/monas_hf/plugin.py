"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import PRETRAINED, TAKES_ARGUMENT, Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="hf",
            summary="Sub-networks of a language model you have: hf:FOLDER (GPT-2, Llama, Qwen).",
            factory="monas_hf.space:HFSpace",
            provides={"supernet", "transformers", "ggml", TAKES_ARGUMENT, PRETRAINED},
            extras={"transformers": "monas[hf]"},
            options="monas_hf.options:HFOptions",
        )
    ]

"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="gpt",
            summary="Decoder-only transformers as in HW-GPT-Bench: width, depth, heads, MLP, bias.",
            factory="monas_gpt.space:GPTSpace",
            provides={"supernet", "relaxed", "transformers", "taps", "blocks"},
            options="monas_gpt.options:Options",
        )
    ]

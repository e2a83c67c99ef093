"""What this package offers: problems on published measurements; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec

EXTRAS = {"pyarrow": "monas[tables]"}


@hookimpl
def monas_benchmarks() -> list[Spec]:
    return [
        Spec(
            name="nb201",
            summary="NAS-Bench-201: CIFAR-10 accuracy and latency, tabulated, exact fronts.",
            factory="monas_tables.nb201:NB201",
            extras=EXTRAS,
        ),
        Spec(
            name="gpt-s",
            summary="HW-GPT-Bench S: perplexity, latency and energy, from surrogates.",
            factory="monas_tables.gpt:GPTSmall",
            extras=EXTRAS,
        ),
        Spec(
            name="gpt-m",
            summary="HW-GPT-Bench M: perplexity, latency and energy, from surrogates.",
            factory="monas_tables.gpt:GPTMedium",
            extras=EXTRAS,
        ),
        Spec(
            name="ofa",
            summary="Once-for-All MobileNetV3: accuracy and latency, from surrogates.",
            factory="monas_tables.ofa:OFA",
            extras=EXTRAS,
        ),
    ]

"""What this package offers: translation tasks; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec

_EXTRA = "monas[translation]"


@hookimpl
def monas_tasks() -> list[Spec]:
    return [
        Spec(
            name="cldr",
            summary="English to German: dates, units, money, names and lists of Unicode's CLDR.",
            factory="monas_translation.cldr:load",
            extras=dict.fromkeys(("babel", "sacrebleu"), _EXTRA),
            provides=frozenset({"translation", "default-task:hat"}),
        ),
        Spec(
            name="parallel",
            summary="Your own line-by-line translated files, given as parallel:SOURCE,TARGET.",
            factory="monas_translation.parallel:load",
            provides=frozenset({"translation", "reads-path"}),
            extras=dict.fromkeys(("tokenizers", "sacrebleu"), _EXTRA),
            options="monas_translation.options:ParallelOptions",
        ),
    ]

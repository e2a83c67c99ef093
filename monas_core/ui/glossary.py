"""What the words on screens, in tables and in the report mean: one line each, for a newcomer.

The one source of ``?`` on the live screen, of ``monas info WORD`` and of the report's tooltips.
Names of plugins are explained by the plugins themselves.
"""

from __future__ import annotations

from typing import Any

import attrs


@attrs.frozen
class Term:
    """A word with its meaning.

    Attributes:
        name: As screens write it.
        meaning: One sentence in plain words.
        also: Other words for which the same line answers.
    """

    name: str
    meaning: str
    also: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that leads here."""
        return (self.name, *self.also)

    def to_json(self) -> dict[str, Any]:
        """``{"kind": "term", "name", "meaning", "also"}``."""
        return {"kind": "term", **attrs.asdict(self)}


TERMS: tuple[Term, ...] = (
    Term(
        "architecture",
        "One way to build the network: an answer to each choice of the search space.",
        ("key",),
    ),
    Term(
        "search space",
        "The family of networks that is searched: choices such as depth or width, with options.",
        ("space", "choice", "option", "preset"),
    ),
    Term(
        "objective",
        "One thing to make good, such as quality, latency or energy; the arrow says which way "
        "is better.",
        ("arrow",),
    ),
    Term(
        "quality",
        "How well a network does its task, written acc in tables; the arrow says which way is "
        "better.",
        ("acc", "score"),
    ),
    Term(
        "bit/byte",
        "Bits that the network needs on average to tell the next byte of a text: less is better.",
        ("bits per byte", "bpb"),
    ),
    Term(
        "perplexity",
        "Among how many equally likely next signs the network hesitates on average: less is "
        "better.",
    ),
    Term(
        "latency",
        "How long a network takes for one answer on a device, in milliseconds.",
        ("lat",),
    ),
    Term("parameters", "How many weights a network has: what it takes to store.", ("params",)),
    Term(
        "operations",
        "How many multiplications and additions one answer of a network takes.",
        ("flops",),
    ),
    Term("memory", "What a network needs of a device's memory while it answers.", ()),
    Term("energy", "What one answer of a network costs on a device, in millijoules."),
    Term(
        "front",
        "The best trade-offs known for a device: no member is beaten by another in every "
        "objective at once.",
        ("pareto front", "member", "trade-off", "non-dominated"),
    ),
    Term(
        "hypervolume",
        "How good a front is as a whole, in one number: more is better. 0 is the worst reference "
        "network in everything, 1 the best of the references in everything at once; a front that "
        "goes beyond them can exceed 1.",
        ("hypervol.", "box", "share of the box", "hv"),
    ),
    Term(
        "gap",
        "How much hypervolume was missing to the best of this run so far, on a scale of factors: "
        "each step down is a tenth of what was missing before.",
    ),
    Term(
        "balanced",
        "The member of a front nearest to the best of everything, each objective on the scale of "
        "the front.",
        ("knee", "knee point"),
    ),
    Term(
        "wish",
        "What you care about, as weights of the objectives: acc=.7,lat=.3 asks for quality first.",
        ("preference", "prefer", "weights of objectives"),
    ),
    Term(
        "limit",
        "A bound that an answer must meet, such as at most 5 ms: --max lat=5ms.",
        ("constraint", "target", "bound"),
    ),
    Term(
        "supernet",
        "One large network trained once, whose parts are all the networks of the space: each can "
        "be judged without training it alone.",
        ("weight sharing",),
    ),
    Term(
        "subnet",
        "One network of the space, with the weights it has within the supernet.",
        ("inherited", "inherited quality"),
    ),
    Term(
        "retrained",
        "Trained further alone, with weights of its own, after it was found in the supernet.",
        ("retrain",),
    ),
    Term(
        "device",
        "Hardware that networks shall run on; host is this machine.",
        ("host", "searched", "hardware"),
    ),
    Term(
        "held out",
        "Not searched: the search never saw this device, and still gives it a front at the end.",
        ("held-out", "not searched", "unseen device"),
    ),
    Term(
        "hardware embedding",
        "A few numbers that describe a device to the search, so that it can answer for devices "
        "it never saw.",
        ("embedding",),
    ),
    Term("measured", "Timed or computed here, on this machine, with this very network."),
    Term("tabulated", "Looked up in a published table of measurements.", ("published table",)),
    Term(
        "modelled",
        "Computed from figures of the device's datasheet, not measured; monas info DEVICE shows "
        "their sources.",
        ("computed from a model", "modeled"),
    ),
    Term(
        "predicted",
        "Estimated by a model that was fitted to measurements; nobody has measured this network.",
        ("predictor", "prediction"),
    ),
    Term(
        "spread",
        "How much repeated measurements of the same network differ: ± half of the range that "
        "holds most of them.",
        ("±",),
    ),
    Term(
        "evaluation",
        "One network whose quality was obtained; the costs of all devices come on top.",
        ("evaluations", "query"),
    ),
    Term(
        "search data",
        "The part of the data that the search goes by; results are told on unseen data instead.",
        ("validation",),
    ),
    Term(
        "unseen data",
        "The part of the data that neither training nor search has seen: what results are told on.",
        ("final", "test data"),
    ),
    Term("warm-up", "The first phase: the supernet is trained.", ("warmup", "training")),
    Term("search", "The second phase: networks are proposed and judged, the fronts grow."),
    Term(
        "finish",
        "The last phase: the best networks are judged again on unseen data and timed on this "
        "machine.",
    ),
    Term(
        "budget",
        "How much the search may spend: seconds, steps or evaluations; warm-up and finish come on "
        "top.",
    ),
    Term("optimizer", "The search algorithm: it proposes which networks to judge next."),
    Term(
        "hypernetwork",
        "A small network that turns a wish and a device into an architecture.",
    ),
    Term(
        "reference point",
        "A little worse than the worst reference network in everything: where hypervolume counts "
        "from.",
        ("reference",),
    ),
    Term("checkpoint", "What is saved of a run so that it can go on after a stop.", ("saved",)),
)


def find(word: str) -> Term | None:
    """The term that a word belongs to, whatever its case; plurals count."""
    asked = " ".join(word.casefold().split())
    known = _by_word()
    return known.get(asked) or (known.get(asked[:-1]) if asked.endswith("s") else None)


def meaning(word: str) -> str:
    """What a word means, in one sentence; empty for a word that is none of these."""
    term = find(word)
    return term.meaning if term is not None else ""


def words() -> list[str]:
    """Every word that is explained here."""
    return list(_by_word())


def _by_word() -> dict[str, Term]:
    return {word.casefold(): term for term in TERMS for word in term.words}

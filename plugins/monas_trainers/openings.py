"""What an option changes in a network, and so at which stage of a training it is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import attrs

from monas_core.parts.space import SearchSpace
from monas_core.parts.task import Task
from monas_core.tracing.workload import Tracer

Kind = Literal["resolution", "kernel", "depth", "width"]
KINDS: tuple[Kind, ...] = ("resolution", "kernel", "depth", "width")
Shapes = Mapping[str, tuple[int, ...]]
"""Of every weight of a network, by name."""
Allowed = tuple[tuple[int, ...], ...]
"""Option numbers of each choice."""
_CHANNELS = 2
"""Leading dimensions of a weight that are channels; what follows is the extent of a kernel."""


@attrs.frozen
class Openings:
    """What each option of a space is, by what it alone changes in the largest network.

    ``resolution`` leaves every weight as it is: the network sees other inputs, or looks at
    them otherwise. ``kernel`` leaves as many layers, as wide, that see less at once, or puts
    other layers in their place. ``depth`` leaves layers out. ``width`` changes the channels.

    Attributes:
        largest: Option numbers of the largest network, ``(C,)``.
        kinds: Of every option of every choice; ``None`` for the largest network's own.
        distances: Of every option from the largest network's, in options; in a choice
            without order all others are equally far.
    """

    largest: tuple[int, ...]
    kinds: tuple[tuple[Kind | None, ...], ...]
    distances: Allowed

    @classmethod
    def of(cls, space: SearchSpace, task: Task) -> Openings:
        """Build networks that differ from the largest in one answer, without weights.

        One for each option; for ordered options one, which differs most.
        """
        choices, tracer = space.choices, Tracer()

        def shapes(indices: Sequence[int]) -> Shapes:
            architecture = choices.from_indices(indices)
            network = tracer.build(lambda: space.build(architecture, task))
            return {name: tuple(weight.shape) for name, weight in network.named_parameters()}

        largest = choices.to_indices(space.ends().largest)
        whole = shapes(largest)
        kinds: list[tuple[Kind | None, ...]] = []
        distances: list[tuple[int, ...]] = []
        for place, choice in enumerate(choices.choices):
            own, count = largest[place], len(choice.options)
            far = [abs(o - own) if choice.ordered else int(o != own) for o in range(count)]
            # widths between two widths are widths: of ordered options the farthest tells
            asked = {far.index(max(far))} if choice.ordered else set(range(count))
            rows = [(*largest[:place], option, *largest[place + 1 :]) for option in sorted(asked)]
            told: dict[int, Kind] = {
                row[place]: kind_of(whole, shapes(row)) for row in rows if row[place] != own
            }
            common: Kind | None = next(iter(told.values()), None)
            row: list[Kind | None] = [common] * count
            for option, kind in told.items():
                row[option] = kind
            row[own] = None
            kinds.append(tuple(row))
            distances.append(tuple(far))
        return cls(largest, tuple(kinds), tuple(distances))

    def has(self, kind: Kind) -> bool:
        """Whether the space has an option of a kind."""
        return any(kind in options for options in self.kinds)

    def opened(self, shares: Mapping[Kind, float]) -> Allowed:
        """What may be drawn while of each kind that share of a choice's options is open.

        The largest network's own options always are; those nearest to them come first.
        """
        found: list[tuple[int, ...]] = []
        for own, kinds, distances in zip(self.largest, self.kinds, self.distances, strict=True):
            near = {own}
            for kind, share in shares.items():
                places = [place for place, other in enumerate(kinds) if other == kind]
                far = sorted(distances[place] for place in places)
                count = -(-round(share * len(far) * 1e6) // 1_000_000)  # rounded up
                if count:
                    near |= {place for place in places if distances[place] <= far[count - 1]}
            found.append(tuple(sorted(near)))
        return tuple(found)


def kind_of(whole: Shapes, part: Shapes) -> Kind:
    """What turns the weights of the largest network into those of another."""
    if part.keys() - whole.keys():
        return "kernel"
    if whole.keys() - part.keys():
        return "depth"
    changed = [(whole[name], shape) for name, shape in part.items() if whole[name] != shape]
    if not changed:
        return "resolution"
    within = all(len(a) == len(b) and a[:_CHANNELS] == b[:_CHANNELS] for a, b in changed)
    return "kernel" if within else "width"

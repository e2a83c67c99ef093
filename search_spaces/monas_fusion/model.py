"""Two backbones in step, what they exchange, and a head for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from monas_core.parts.heads import Head
from monas_fusion.backbones import Backbone, Edge, Feature

_OTHERS = 0.1
"""Weight with which a network begins to read the other's features, shared among its edges."""


class Exchange(nn.Module):
    """Behind one layer: its own features, and those of layers of the other backbone.

    A 1x1 convolution of own and others side by side is the sum of one for each, so gates may
    stand between (NDDR, arXiv 1801.08297). Deviation: no norm and no rectifier behind it, so that
    it starts as the identity exactly and leaving an edge out changes nothing else.
    """

    def __init__(self, own: int, others: Mapping[str, int]) -> None:
        super().__init__()
        self.own = nn.Conv2d(own, own, 1)
        self.others = nn.ModuleDict(
            {name: nn.Conv2d(channels, own, 1, bias=False) for name, channels in others.items()}
        )

    def begin(self, edges: int) -> None:
        """Identity on own features, a little of the others', of ``edges`` there may be."""
        nn.init.dirac_(self.own.weight)
        assert self.own.bias is not None  # which is what a convolution has unless told otherwise
        nn.init.zeros_(self.own.bias)
        with torch.no_grad():
            for layer in self.others.values():
                assert isinstance(layer, nn.Conv2d)
                nn.init.dirac_(layer.weight)
                layer.weight.mul_(_OTHERS / edges)

    def forward(
        self, own: Tensor, given: Mapping[str, Tensor], gates: Mapping[str, Tensor] | None
    ) -> Tensor:
        """``(B, C, H, W)``; ``gates`` ``(B,)`` by edge, all open without."""
        terms = [self.own(own)]
        for name, layer in self.others.items():
            term = layer(given[name])
            terms.append(term if gates is None else gates[name][:, None, None, None] * term)
        return torch.stack(terms).sum(0)


class FusionNetwork(nn.Module):
    """Answers two heads from two backbones that exchange features along some edges.

    Args:
        backbones: Of the first and the second head.
        known: What their layers give.
        heads: Of the task.
        edges: That there are.
        candidates: That there may be; what an edge starts with depends on their number.
    """

    def __init__(
        self,
        backbones: tuple[Backbone, Backbone],
        known: tuple[Sequence[Feature], Sequence[Feature]],
        heads: tuple[Head, Head],
        edges: Iterable[Edge],
        candidates: Iterable[Edge],
    ) -> None:
        super().__init__()
        self.names = tuple(head.name for head in heads)
        self.channels = tuple(head.channels for head in heads)
        self.edges, possible = tuple(edges), tuple(candidates)
        self.backbones = nn.ModuleList(
            nn.ModuleList(made(last - first))
            for made, (first, last) in zip(backbones, self.channels, strict=True)
        )
        self.fusion = nn.ModuleList(nn.ModuleDict() for _ in heads)
        self.ends = tuple(_ends(of) for of in known)
        for reader in (0, 1):
            for target in sorted({e.target for e in possible if e.origin != reader}):
                into = [e for e in self.edges if e.origin != reader and e.target == target]
                others = {e.name: known[e.origin][e.source].channels for e in into}
                exchange = Exchange(known[reader][target].channels, others)
                exchange.begin(sum(e.origin != reader and e.target == target for e in possible))
                at: nn.ModuleDict = self.fusion[reader]  # pyright: ignore[reportAssignmentType]
                at[str(target)] = exchange
        self.heads = nn.ModuleList(
            nn.Conv2d(sum(of[layer].channels for layer in ends), head.outputs, 1)
            for head, of, ends in zip(heads, known, self.ends, strict=True)
        )

    def forward(
        self, pictures: Tensor, gates: Mapping[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Pictures ``(B, C, H, W)`` to maps ``(B, outputs, H, W)`` by head."""
        streams = [pictures[:, first:last] for first, last in self.channels]
        raw: tuple[list[Tensor], list[Tensor]] = ([], [])
        kept: tuple[list[Tensor], list[Tensor]] = ([], [])
        for layer in range(max(len(self._layers(0)), len(self._layers(1)))):
            present = [side for side in (0, 1) if layer < len(self._layers(side))]
            for side in present:
                raw[side].append(self._layers(side)[layer](streams[side]))
            for side in present:
                streams[side] = self._exchanged(side, layer, raw, gates)
                if layer in self.ends[side]:
                    kept[side].append(streams[side])
        size = pictures.shape[-2:]
        return {
            name: head(torch.cat([_enlarged(x, size) for x in of], 1))
            for name, head, of in zip(self.names, self.heads, kept, strict=True)
        }

    def _layers(self, side: int) -> nn.ModuleList:
        found = self.backbones[side]
        assert isinstance(found, nn.ModuleList)
        return found

    def _exchanged(
        self,
        side: int,
        layer: int,
        raw: tuple[list[Tensor], list[Tensor]],
        gates: Mapping[str, Tensor] | None,
    ) -> Tensor:
        at = self.fusion[side]
        assert isinstance(at, nn.ModuleDict)
        if str(layer) not in at:
            return raw[side][layer]
        given = {
            edge.name: raw[edge.origin][edge.source]
            for edge in self.edges
            if edge.origin != side and edge.target == layer
        }
        return at[str(layer)](raw[side][layer], given, gates)


def _ends(known: Sequence[Feature]) -> tuple[int, ...]:
    """The last layer of every resolution."""
    last = {feature.group: layer for layer, feature in enumerate(known)}
    return tuple(sorted(last.values()))


def _enlarged(x: Tensor, size: torch.Size) -> Tensor:
    if x.shape[-2:] == size:
        return x
    return F.interpolate(x, (size[0], size[1]), mode="bilinear", align_corners=False)

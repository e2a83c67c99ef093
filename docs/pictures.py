"""Draws the pictures of ``concepts.md``: python docs/pictures.py

The costs in the picture of the embedding are those of the devices; the points of the front are
drawn at random, with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from monas_core.catalog.lookup import Catalog
from monas_core.parts.context import Context
from monas_core.values.front import hypervolume, non_dominated

IMAGES = Path(__file__).parent / "images"
BLUE, ORANGE, GREEN, GREY, PALE = "#0072b2", "#d55e00", "#009e73", "#5a6270", "#dbe7f1"


def flow(ax: Axes) -> None:
    """From a command to a folder, and what is asked of it."""
    steps = ("resolve", "warm-up", "search", "finish")
    said = (
        "names become parts,\none batch is tried",
        "the supernet\nis trained",
        "the optimizer asks\nfor values",
        "members are judged\non unseen data",
    )
    for place, (step, text) in enumerate(zip(steps, said, strict=True)):
        _box(ax, 2.6 * place, 2.2, step, text, PALE)
        if place:
            _arrow(ax, (2.6 * place - 0.5, 2.8), (2.6 * place - 0.05, 2.8))
    _box(ax, 3.9, 0.2, "run folder", "weights, archive,\nfronts, log", "#fdebd8")
    for place in (1, 2, 3):
        _arrow(ax, (2.6 * place + 1, 2.15), (4.4 + 0.35 * place, 1.5))
    _box(ax, 0.6, 0.2, "resume, watch", "from another\nterminal", "#ffffff")
    _arrow(ax, (3.85, 0.85), (2.75, 0.85))
    _box(ax, 7.2, 0.2, "pick, train, export", "a wish, a device,\na model", "#ffffff")
    _arrow(ax, (6.05, 0.85), (7.15, 0.85))
    ax.set(xlim=(-0.2, 10.1), ylim=(0, 3.7))
    ax.axis("off")


def _box(ax: Axes, x: float, y: float, title: str, text: str, colour: str) -> None:
    ax.add_patch(
        FancyBboxPatch((x, y), 2.05, 1.2, boxstyle="round,pad=0.03", fc=colour, ec=GREY, lw=0.8)
    )
    ax.text(x + 1.02, y + 0.93, title, ha="center", va="center", weight="bold", size=9)
    ax.text(x + 1.02, y + 0.4, text, ha="center", va="center", size=7.5, color=GREY)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=10, color=GREY, lw=1))


def supernet(ax: Axes) -> None:
    """Layers of which an architecture uses the leading part, and not all layers."""
    whole, used = (4, 4, 4, 4), (4, 2, 3, 0)
    for layer, (most, some) in enumerate(zip(whole, used, strict=True)):
        for channel in range(most):
            colour = BLUE if channel < some else PALE
            ax.add_patch(Rectangle((layer * 1.6, -channel), 1, 0.82, fc=colour, ec="white"))
        ax.text(layer * 1.6 + 0.5, 1.15, f"layer {layer + 1}", ha="center", size=8, color=GREY)
        if layer:
            _arrow(ax, (layer * 1.6 - 0.55, -1.1), (layer * 1.6 - 0.05, -1.1))
    told = "dark: the weights that one architecture uses (three layers; 4, 2 and 3 channels)"
    ax.text(2.9, -3.75, told, ha="center", size=7.5, color=GREY)
    ax.set(xlim=(-0.2, 6), ylim=(-4, 1.5))
    ax.axis("off")


def embedding(ax: Axes) -> None:
    """What a few reference architectures cost on devices: the vector a device is known by."""
    catalog = Catalog.installed()
    task = catalog.create("task", "pystdlib")
    context = Context(catalog.create("space", "gpt", preset="tiny"), task)
    references = context.space.references()
    names = ("h100-sxm", "raspberry-pi-5", "jetson-nano")
    for name, colour in zip(names, (GREEN, ORANGE, BLUE), strict=True):
        device = catalog.create("device", name)
        costs = [v.value for v in device.cost("latency_ms", references, context)]
        ax.plot(range(1, len(costs) + 1), costs, "o-", color=colour, ms=4, lw=1, label=name)
    ax.set_yscale("log")
    ax.set_xlabel("reference architecture", size=8)
    ax.set_ylabel("latency, ms", size=8)
    ax.set_xticks(range(1, len(references) + 1))
    ax.legend(fontsize=7.5, frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.2))
    _plain(ax)


def front(ax: Axes) -> None:
    """Dominated points, the front, its hypervolume, a wish with a limit."""
    generator = np.random.default_rng(3)
    cost = generator.uniform(0.08, 0.95, 60)
    points = np.stack([cost, 0.08 / cost + generator.uniform(0.02, 0.75, 60)], axis=1)
    points = points[(points < 1).all(axis=1)]
    members = points[non_dominated(points)]
    members = members[np.argsort(members[:, 0])]
    for x, y in members:
        ax.add_patch(Rectangle((x, y), 1 - x, 1 - y, fc=PALE, ec="none", zorder=0))
    ax.plot(*points.T, ".", color=GREY, ms=4, zorder=2)
    ax.step(*members.T, where="post", color=BLUE, lw=1.4, zorder=3)
    ax.plot(*members.T, "o", color=BLUE, ms=4.5, zorder=4)
    volume = hypervolume(members, [1.0, 1.0])
    ax.text(0.62, 0.72, f"hypervolume {volume:.2f}", size=8, color=BLUE, ha="center")
    limit = 0.5
    ax.axvline(limit, color=ORANGE, ls="--", lw=1)
    ax.text(limit + 0.01, 1.02, "limit", size=8, color=ORANGE)
    within = members[members[:, 0] <= limit]
    best = within[(within @ np.array([0.3, 0.7])).argmin()]
    ax.plot(*best, "*", color=ORANGE, ms=14, zorder=5)
    told = "the answer to a wish:\nmostly quality, within the limit"
    ax.annotate(told, best, (0.02, 0.05), size=7.5, color=ORANGE, arrowprops={"arrowstyle": "-"})
    ax.set_xlabel("latency, worst = 1", size=8)
    ax.set_ylabel("error, worst = 1", size=8)
    ax.set(xlim=(0, 1.02), ylim=(0, 1.08))
    _plain(ax)


def _plain(ax: Axes) -> None:
    ax.tick_params(labelsize=7.5)
    ax.spines[["top", "right"]].set_visible(False)


PICTURES: dict[str, tuple[Callable[[Axes], None], tuple[float, float]]] = {
    "flow": (flow, (7.2, 2.7)),
    "supernet": (supernet, (5.4, 2.6)),
    "embedding": (embedding, (5.4, 2.6)),
    "front": (front, (5.4, 3.2)),
}


def main() -> None:
    """Write all of them, as SVG without a date."""
    mpl.rcParams |= {"svg.hashsalt": "monas", "font.family": "DejaVu Sans"}
    for name, (draw, size) in PICTURES.items():
        figure, ax = plt.subplots(figsize=size, layout="constrained")
        draw(ax)
        figure.savefig(IMAGES / f"concept-{name}.svg", metadata={"Date": None}, facecolor="white")
        plt.close(figure)


if __name__ == "__main__":
    main()

"""A capture of the live screen as SVG, drawn from the log of a run: what README shows.

Several moments of the run follow each other in one picture that moves by itself; with one
moment it is still. The picture needs neither a font nor a script from anywhere.

    python benchmarks/make_screen.py runs/demo --out docs/images/screen.svg
    python benchmarks/make_screen.py runs/demo --at 0.8 --device host --size 100x30 --out still.svg
"""

from __future__ import annotations

import argparse
import html
import io
import re
import sys
from pathlib import Path

import attrs
from rich.text import Text

from monas_core.record.rundir import RunFolder
from monas_core.ui.console import SafeConsole
from monas_core.ui.screen import compose
from monas_core.ui.view import ViewState, fold_all

SECONDS = 2.5
"""How long each moment is shown."""
FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>{lines}</defs>
<rect fill="{background}" width="100%" height="100%" rx="8"/>
<g transform="translate({terminal_x}, {terminal_y})">{backgrounds}<g class="{unique_id}-matrix">
{matrix}
</g></g>
<text x="22" y="30" fill="#909090" font-family="ui-monospace, monospace"
 font-size="19px">{title}</text>
</svg>
"""


def frame(state: ViewState, size: tuple[int, int], device: str, name: str) -> str:
    """One moment as an SVG document; ``name`` keeps its styles apart from those of others."""
    console = SafeConsole(
        record=True, width=size[0], height=size[1], file=io.StringIO(), force_terminal=True,
        color_system="truecolor",
    )  # fmt: skip
    for line in compose(state, *size, now=state.time, focus=device):
        console.print(Text.assemble(line, end="\n"), no_wrap=True, overflow="crop")
    objectives = ",".join(objective.name for objective in state.objectives)
    title = f"$ monas run --space {state.space} --objectives {objectives}"
    filled = FRAME.replace("{background}", "#292929").replace("{title}", html.escape(title))
    return console.export_svg(code_format=filled, unique_id=name)


def film(frames: list[str]) -> str:
    """Frames one after the other in a single document, for ever.

    The last one lies below the others: it is what remains where nothing moves.
    """
    if len(frames) == 1:
        return frames[0]
    head = re.match(r"<svg[^>]*>", frames[0])
    assert head is not None
    share = 100 / len(frames)
    whole = SECONDS * len(frames)
    style = (
        f".moment {{ opacity: 0; animation: moment {whole}s steps(1) infinite; }}\n"
        f"@keyframes moment {{ 0% {{ opacity: 1; }} {share:.3f}% {{ opacity: 0; }} }}"
    )
    parts = [head[0], f"<style>{style}</style>"]
    *moving, last = [one[one.index(">") + 1 : one.rindex("</svg>")] for one in frames]
    parts.append(f"<g>{last}</g>")
    for index, inner in enumerate(moving):
        delay = SECONDS * index
        parts.append(f'<g class="moment" style="animation-delay: {delay}s">{inner}</g>')
    return "\n".join([*parts, "</svg>\n"])


def moment(folder: RunFolder, share: float) -> ViewState:
    """The state of a run when that share of its time was over."""
    log = list(folder.events())
    end = log[-1].time * share
    state = fold_all(event for event in log if event.time <= end)
    name = folder.path.name  # where it happened to be made says nothing
    return attrs.evolve(state, run=f"runs/{name}", message="")


def main() -> int:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--at", default="0.12,0.36,0.55,0.8,1", help="shares of the run's time")
    parser.add_argument("--size", default="112x32", help="columns x rows")
    parser.add_argument("--device", default="host")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    width, height = (int(part) for part in given.size.split("x"))
    folder = RunFolder.open(given.run)
    states = [moment(folder, float(share)) for share in given.at.split(",")]
    frames = [
        frame(state, (width, height), given.device, f"m{index}")
        for index, state in enumerate(states)
    ]
    given.out.write_text(film(frames), encoding="utf-8")
    print(f"{given.out}: {len(frames)} moments, {given.out.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

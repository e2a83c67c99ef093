"""Where tables and sentences are printed: nothing that is shown can steer the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.errors import MarkupError
from rich.segment import Segment
from rich.text import Text

from monas_core.ui.palette import readable
from monas_core.ui.text import printable


class SafeConsole(Console):
    """A console that shows names as they are, whatever they hold."""

    def render(self, renderable: Any, options: Any = None) -> Iterable[Segment]:
        """As always, but printable (unless it is the console's own command) and in colours that
        can be read on light and dark.
        """
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
                continue
            text, style = segment.text, segment.style
            yield Segment(
                text if text.isprintable() else printable(text),
                readable(style) if style is not None else None,
            )

    def render_str(self, text: str, **settings: Any) -> Text:
        """As always; a text that is no markup is shown as it is, which is better than failing."""
        try:
            return super().render_str(text, **settings)
        except MarkupError:
            return Text(text)

"""YAML as people write settings, read as if a stranger had written it.

Aliases are refused (ten of them in a row are a gigabyte), and so is what is too long, too
deep, or says a key twice; everything else is a mapping of text, numbers and lists.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_LONGEST = 1 << 20
_DEEPEST = 20


class _Loader(yaml.SafeLoader):
    """YAML 1.2 floats (PyYAML would read ``1e-3`` as a string), and no dates."""

    keys: tuple[type, ...] = (str,)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()
            raise yaml.YAMLError(f"alias *{event.anchor} is not read; write the value out")
        self._depth = getattr(self, "_depth", 0) + 1
        if self._depth > _DEEPEST:
            raise yaml.YAMLError("it is nested too deeply")
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        seen: set[Any] = set()
        for key in keys:
            if not isinstance(key, self.keys) or isinstance(key, bool):
                raise yaml.YAMLError(f"key {str(key)[:40]} is no text")
            if key in seen:
                raise yaml.YAMLError(f'key "{key}" is there twice')
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in value if tag != "tag:yaml.org,2002:timestamp"]
    for key, value in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$"),
    list("-+0123456789."),
)


class _NumberedLoader(_Loader):
    """Keys may be numbers, too."""

    keys = (str, int)


def parse_yaml(text: str, longest: int = _LONGEST, *, numbered: bool = False) -> Any:
    """A value of YAML. Raises ValueError, with the reason in one line, for anything else.

    Args:
        text: Of the document.
        longest: In characters.
        numbered: Whether keys may be integers.
    """
    if len(text) > longest:
        raise ValueError(f"it is longer than {longest:,} characters")
    try:
        return yaml.load(text, _NumberedLoader if numbered else _Loader)  # noqa: S506 - safe ones
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{reason:.300}") from error

"""NAS-Bench-201's way of writing a cell: ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``.

Each group in plus signs is a node, each entry an operation and the node it reads. Published
tables name architectures so.
"""

from __future__ import annotations

import re

from monas_cells.nasbench201.sizes import edge_name, edges
from monas_core.errors import UsageError
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet


def to_string(architecture: Architecture) -> str:
    """The published form of an architecture."""
    answers = architecture.choices
    nodes: dict[int, str] = {}
    for source, target in edges(_nodes(len(answers))):
        answer = answers[edge_name(source, target)]
        nodes[target] = nodes.get(target, "|") + f"{answer}~{source}|"
    return "+".join(nodes.values())


def from_string(choices: ChoiceSet, text: str) -> Architecture:
    """The architecture of a published form.

    Args:
        choices: The choices of the space.
        text: Such as ``|nor_conv_3x3~0|+|none~0|skip_connect~1|+...``.

    Raises:
        UsageError: The text is not written so, or is a cell of another size.
    """
    answers: dict[str, str] = {}
    written: list[tuple[int, int]] = []
    for target, node in enumerate(text.strip().split("+"), start=1):
        entries = re.fullmatch(r"\|((?:\w+~\d+\|)+)", node)
        if entries is None:
            break
        for entry in entries[1].strip("|").split("|"):
            operation, _, source = entry.partition("~")
            written.append((int(source), target))
            answers[edge_name(int(source), target)] = operation
    nodes = _nodes(len(choices))
    if written != edges(nodes):
        raise UsageError(
            f'"{text}" is no cell of {nodes} nodes; write |op~0|+|op~0|op~1|+... with one '
            "operation for every earlier node."
        )
    return choices.architecture(answers)


def _nodes(edge_count: int) -> int:
    """Nodes of a cell with this many edges."""
    nodes = 1
    while len(edges(nodes)) < edge_count:
        nodes += 1
    return nodes

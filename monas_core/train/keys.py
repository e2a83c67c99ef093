"""From the short key of an architecture back to the architecture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monas_core.errors import UsageError
from monas_core.files import command
from monas_core.record.archive import Archive
from monas_core.record.front_store import read_front
from monas_core.record.rundir import RunFolder
from monas_core.train.folder import TrainedFolder
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.member import Member

Which = Architecture | Member | Mapping[str, Any] | str
"""A subnet: its architecture (also as JSON), a member of a front, what ``pick`` returned, or
its key."""

_SHOWN = 4


def architecture_of(folder: RunFolder, choices: ChoiceSet, which: Which) -> Architecture:
    """The architecture that is meant.

    Raises:
        UsageError: It is of another space, or the run knows no such key.
    """
    if isinstance(which, str):
        return find_architecture(folder, choices, which)
    if isinstance(which, Member):
        return choices.from_json(which.architecture)
    if isinstance(which, Mapping):
        return choices.from_json(which.get("architecture", which))
    choices.to_indices(which)  # refuses an architecture of another space
    return which


def find_architecture(folder: RunFolder, choices: ChoiceSet, key: str) -> Architecture:
    """The one architecture this run knows whose key is, or begins with, ``key``.

    Raises:
        UsageError: None does, several do, or a file of the run is damaged.
    """
    found: dict[str, Architecture] = {}
    for architecture in _known(folder, choices):
        if architecture.key == key:
            return architecture
        if key and architecture.key.startswith(key):
            found[architecture.key] = architecture
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        some = ", ".join(sorted(found)[:_SHOWN])
        raise UsageError(f'Several architectures begin with "{key}": {some}; give more of the key.')
    raise UsageError(
        f'Run {folder.path} knows no architecture "{key}"; keys are in the last column of: '
        + command("monas front", folder.path)
    )


def _known(folder: RunFolder, choices: ChoiceSet) -> Iterator[Architecture]:
    """Everything the run has seen: members of fronts, trained subnets, evaluated architectures."""
    for path in sorted(folder.at("front").glob("*.json")):
        for member in read_front(folder.at("front", path.name)).members:
            yield choices.from_json(member.architecture)
    for trained in TrainedFolder.all_in(folder.path):
        yield choices.from_json(trained.settings()["architecture"])
    for known in Archive(folder.at("archive.jsonl")).read(choices):
        yield known.architecture

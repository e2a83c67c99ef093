"""What a task learned from, so small that a run keeps it: digests, classes, parts, and changes.

Reading data and taking digests is the tasks' job.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from monas_core.errors import UsageError
from monas_core.values.reading import items, mapping, number, text

MOST_LINES = 65_536
"""Lines of a file that are told apart; of longer files several lines share a mark."""
_SHOWN_CLASSES = 12
_NAMED = 3
"""Changed things that a sentence names."""


@attrs.frozen
class Item:
    """A piece of a source: a class folder, a file.

    Attributes:
        digest: Of the contents, whatever the piece is called.
        count: How much it holds, in the record's unit.
        lines: A mark of each line of a text (``mark_lines``), or nothing.
    """

    digest: str
    count: int
    lines: str = ""


@attrs.frozen
class Source:
    """A file or folder that data were read from.

    Attributes:
        given: As it was typed; empty where it was not.
        path: Where it lay, absolute; empty for what is installed.
        kind: What an item is: ``class``, ``file``, ``part``.
        items: By name.
    """

    given: str
    path: str
    kind: str
    items: Mapping[str, Item]

    @property
    def digest(self) -> str:
        """Of names and contents of all items."""
        text = "\n".join(f"{name}\t{item.digest}" for name, item in sorted(self.items.items()))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


SEEN_AS = "seen as"
"""Among the facts of a record: how much of what a network is shown at a time."""


@attrs.frozen
class DataRecord:
    """What a task learned from.

    Attributes:
        sources: Where the data came from.
        parts: Samples of each part.
        unit: What is counted in them: ``images``, ``bytes``, ``pairs``.
        classes: Names of the classes by number, with their samples in each part.
        vocabulary: Size, kind and digest of what texts are cut into.
        left_out: What could not be read, by path, with the reason.
        notes: What a person should know before training, each a sentence.
        facts: Further plain values worth keeping, such as how scores are computed.
        learned: By the task's option that asked for it, what was learned from the data and is to
            stay as it is: files by name, whose folder the option is given when the run is opened
            again.
    """

    sources: tuple[Source, ...] = ()
    parts: Mapping[str, int] = attrs.field(factory=dict)
    unit: str = "samples"
    classes: Mapping[str, Mapping[str, int]] = attrs.field(factory=dict)
    vocabulary: Mapping[str, Any] = attrs.field(factory=dict)
    left_out: Mapping[str, str] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = attrs.field(factory=dict)
    learned: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Plain form, as it is stored; what was learned is kept in files of its own."""
        return attrs.asdict(attrs.evolve(self, learned={}))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> DataRecord:
        """Inverse of ``to_json``. Raises UsageError for anything else."""
        try:
            sources = tuple(
                Source(
                    item["given"],
                    item["path"],
                    item["kind"],
                    {name: Item(**found) for name, found in item["items"].items()},
                )
                for item in document["sources"]
            )
            notes = tuple(map(text, items(document["notes"])))
            return _checked(cls(**{**document, "sources": sources, "notes": notes}))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise UsageError(f"what the run remembers of its data is damaged ({error})") from error

    @property
    def summary(self) -> str:
        """Parts and classes in one line: ``train 48, search 6, test 6 images; 2 classes: ...``."""
        told = ", ".join(f"{part} {count}" for part, count in self.parts.items())
        text = f"{told} {self.unit}" if told else ""
        if self.classes:
            text += f"; {len(self.classes)} classes: {self.class_summary}"
        return text

    @property
    def seen_as(self) -> str:
        """How much of what a network is shown at a time, where the task tells."""
        return str(self.facts.get(SEEN_AS, ""))

    @property
    def class_summary(self) -> str:
        """Each class with its samples in each part: ``cat (38+5+5), dog (40+5+5)``."""
        shown = [
            f"{name} ({'+'.join(map(str, counts.values()))})"
            for name, counts in list(self.classes.items())[:_SHOWN_CLASSES]
        ]
        beyond = len(self.classes) - len(shown)
        return ", ".join(shown) + (f" and {beyond} more" if beyond else "")


def mark_lines(lines: Sequence[bytes]) -> str:
    """A checksum for each line, or for each few of them, compressed; see ``changed_lines``."""
    step = _step(len(lines))
    marks = array("I", (zlib.crc32(b"\n".join(lines[i : i + step])) for i in _starts(lines, step)))
    return base64.b64encode(zlib.compress(marks.tobytes())).decode()


def _step(count: int) -> int:
    return max(1, -(-count // MOST_LINES))


def _starts(lines: Sequence[bytes], step: int) -> range:
    return range(0, len(lines), step)


def _marks(text: str) -> array[int]:
    marks = array("I")
    marks.frombytes(zlib.decompress(base64.b64decode(text)))
    return marks


def changes(before: DataRecord, now: DataRecord) -> list[str]:
    """What is different, each a clause of a sentence; nothing where the data are the same."""
    found: list[str] = []
    if len(before.sources) != len(now.sources):
        found.append(f"{len(now.sources)} sources instead of {len(before.sources)}")
    for old, new in zip(before.sources, now.sources, strict=False):
        found += _source_changes(old, new, before.unit)
    if not found and before.vocabulary and dict(before.vocabulary) != dict(now.vocabulary):
        found.append("the same text gives another vocabulary")
    if not found and dict(before.parts) != dict(now.parts):
        found.append("the same data are divided into parts of other sizes")
    return found


def _source_changes(old: Source, new: Source, unit: str) -> list[str]:
    if old.kind == "file" and len(old.items) == len(new.items) == 1:
        # what the only file is called makes no difference
        new = attrs.evolve(new, items=dict(zip(old.items, new.items.values(), strict=True)))
    gone, come = old.items.keys() - new.items.keys(), new.items.keys() - old.items.keys()
    found: list[str] = []
    digests = {new.items[name].digest: name for name in sorted(come)}
    renamed = {
        n: digests[old.items[n].digest] for n in sorted(gone) if old.items[n].digest in digests
    }
    found += [f'{old.kind} "{a}" is now called "{b}"' for a, b in list(renamed.items())[:_NAMED]]
    if len(renamed) > _NAMED:
        found.append(f"{len(renamed) - _NAMED} more are called otherwise")
    found += _listed(old.kind, gone - renamed.keys(), "missing")
    found += _listed(old.kind, come - set(renamed.values()), "new")
    differing = [n for n in sorted(old.items.keys() & new.items.keys())
                 if old.items[n].digest != new.items[n].digest]  # fmt: skip
    found += [_item_change(old, name, new.items[name], unit) for name in differing[:_NAMED]]
    if len(differing) > _NAMED:
        found.append(f"{len(differing) - _NAMED} more of kind {old.kind} differ")
    return found


def _listed(kind: str, names: Iterable[str], what: str) -> list[str]:
    found = sorted(names)
    if not found:
        return []
    few = ", ".join(f'"{name}"' for name in found[:_NAMED])
    beyond = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return [f"{kind} {few}{beyond} {'is' if len(found) == 1 else 'are'} {what}"]


def _item_change(source: Source, name: str, new: Item, unit: str) -> str:
    old = source.items[name]
    what = f'{source.kind} "{name}"'
    if old.lines and new.lines:
        return f"{what}: {changed_lines(old, new)}"
    if old.count != new.count:
        return f"{what} holds {new.count} {unit} instead of {old.count}"
    return f"{what} has other contents"


def changed_lines(old: Item, new: Item) -> str:
    """Which lines of a text differ, in words."""
    before, now = _marks(old.lines), _marks(new.lines)
    if len(before) != len(now):
        return f"{new.count} lines instead of {old.count}"
    step = _step(old.count)
    places = [
        index for index, pair in enumerate(zip(before, now, strict=True)) if pair[0] != pair[1]
    ]
    first = ", ".join(str(place * step + 1) for place in places[:5])
    beyond = ", ..." if len(places) > 5 else ""
    if step > 1:
        return f"lines changed near {first}{beyond}"
    return f"{len(places)} lines changed ({first}{beyond})"


def _checked(record: DataRecord) -> DataRecord:
    """A record whose every part is of its kind. Raises ValueError."""
    for source in record.sources:
        for told in (source.given, source.path, source.kind):
            text(told)
        for name, item in source.items.items():
            text(name)
            text(item.digest)
    text(record.unit)
    for count in mapping(record.parts).values():
        number(count)
    for counts in mapping(record.classes).values():
        for count in mapping(counts).values():
            number(count)
    for reason in mapping(record.left_out).values():
        text(reason)
    mapping(record.vocabulary)
    mapping(record.facts)
    return record

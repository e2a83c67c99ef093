"""A person's own translations: ``parallel:SOURCE,TARGET``, two files with a sentence per line.

``parallel:FILE`` takes one file with source and translation in its first two columns, a tab
between them.
"""

from __future__ import annotations

from pathlib import Path

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_core.values.data import Source
from monas_translation.lines import item, read_lines
from monas_translation.options import ParallelOptions
from monas_translation.pairs import FEWEST, Pair, deal
from monas_translation.subwords import Subwords
from monas_translation.task import Translation

_FEWEST = 5 * FEWEST
"""Sentence pairs needed; with fewer the parts that judge are only a handful."""
_JUDGES = 5
"""Sentences that must fit the length in each part: a score of fewer says nothing."""


def load(argument: str | None = None, *, options: ParallelOptions | None = None) -> Translation:
    """The task ``parallel:SOURCE,TARGET``; split by source sentence.

    Raises:
        UsageError: Not two files, not readable, no text, of unequal length, or too short.
    """
    options = options or ParallelOptions()
    name = f"parallel:{argument or ''}"
    files = _files(argument or "")
    lines, sources = _columns(name, files[0]) if len(files) == 1 else _paired(name, files)
    translated = [pair for pair in lines if all(pair)]
    first = {pair.source: pair for pair in reversed(translated)}
    if len(first) < _FEWEST:
        raise UsageError(
            f"Task {name}: the files hold {len(first)} different sentences with a translation, "
            f"at least {_FEWEST} are needed to split them into three parts; give longer files."
        )
    parts: dict[Part, list[Pair]] = {
        part: [first[source] for source in sources] for part, sources in deal(first).items()
    }
    codec = Subwords((text for pair in parts["train"] for text in pair), options.vocabulary)
    facts = {
        "source": " to ".join(str(file.resolve()) for file in files),
        "lines": len(lines),
        "lines without a translation": len(lines) - len(translated),
        "repeated sentences": len(translated) - len(first),
        "split": "by sentence: none is in two parts",
    }
    task = Translation(name, parts, codec, facts=facts, length=options.length, sources=sources)
    _check_parts(task, name, options)
    return task


def _check_parts(task: Translation, name: str, options: ParallelOptions) -> None:
    """Raises UsageError where a part is left with next to nothing."""
    for part, found in task.sentences.items():
        kept, all_of_it = len(found.pairs), len(found.pairs) + found.too_long
        if kept < _JUDGES:
            raise UsageError(
                f"Task {name}: {kept} of the {all_of_it} sentences of the {part} part have at "
                f"most {options.length - 1} tokens, at least {_JUDGES} are needed; raise "
                f"options.task.length (the longest has {found.longest}) or split the lines into "
                "sentences."
            )


def _files(argument: str) -> list[Path]:
    """Source and target file, or one file of two columns."""
    whole = Path(argument.strip()).expanduser()
    if argument.strip() and whole.is_file():  # also one whose name has a comma
        return [whole]
    named = [part.strip() for part in argument.split(",")]
    if len(named) != 2 or not all(named):
        raise UsageError(
            f'Task "parallel" needs a source and a target file, got "{argument}"; '
            "write parallel:SOURCE,TARGET (their names must not contain a comma), or "
            "parallel:FILE for an existing file with a tab between sentence and translation."
        )
    files = [Path(part).expanduser() for part in named]
    if files[0].resolve() == files[1].resolve():
        raise UsageError(
            f'Task "parallel" got the file {files[0]} twice; the second one must hold the '
            "translations."
        )
    return files


def _source(given: str, file: Path, lines: list[str]) -> Source:
    return Source(given, str(file.absolute()), "file", {file.name: item(lines)})


def _columns(name: str, file: Path) -> tuple[list[Pair], tuple[Source, ...]]:
    """The first two columns of a file with tabs."""
    lines = read_lines(name, file)
    cells = [line.split("\t") for line in lines]
    bare = [number for number, found in enumerate(cells, 1) if len(found) < 2 and found != [""]]
    if bare:
        raise UsageError(
            f"Task {name}: line {bare[0]} of {file} has no tab ({len(bare)} such lines); write "
            "sentence, tab, translation in each line, or give two files: parallel:SOURCE,TARGET."
        )
    pairs = [Pair(found[0].strip(), found[1].strip() if len(found) > 1 else "") for found in cells]
    return pairs, (_source(name.partition(":")[2], file, lines),)


def _paired(name: str, files: list[Path]) -> tuple[list[Pair], tuple[Source, ...]]:
    """Line n of one file with line n of the other."""
    source, target = (read_lines(name, file) for file in files)
    if len(source) != len(target):
        raise UsageError(
            f"Task {name}: {files[0]} has {len(source)} lines, {files[1]} has {len(target)}; "
            "line n of one must be the translation of line n of the other."
        )
    typed = [part.strip() for part in name.partition(":")[2].split(",")]
    sources = tuple(
        _source(given, file, lines)
        for given, file, lines in zip(typed, files, (source, target), strict=True)
    )
    return [Pair(*lines) for lines in zip(source, target, strict=True)], sources

"""A person's own translations: ``parallel:SOURCE,TARGET``, two files with a sentence per line."""

from __future__ import annotations

from pathlib import Path

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_translation.options import ParallelOptions
from monas_translation.pairs import FEWEST, PARTS, Pair, deal
from monas_translation.subwords import Subwords
from monas_translation.task import Translation

MOST = 256_000_000
"""Bytes read of a file."""
_FEWEST = 5 * FEWEST
"""Sentence pairs needed; with fewer the parts that judge are only a handful."""


def load(argument: str | None = None, *, options: ParallelOptions | None = None) -> Translation:
    """The task ``parallel:SOURCE,TARGET``; split by source sentence.

    Raises:
        UsageError: Not two files, not readable, not UTF-8, of unequal length, or too short.
    """
    options = options or ParallelOptions()
    name = f"parallel:{argument or ''}"
    files = _files(argument or "")
    lines = _paired(name, files)
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
        "source": f"{files[0].resolve()} to {files[1].resolve()}",
        "lines": len(lines),
        "lines without a translation": len(lines) - len(translated),
        "repeated sentences": len(translated) - len(first),
        "split": "by sentence: none is in two parts",
    }
    task = Translation(name, parts, codec, facts=facts, length=options.length)
    for part in PARTS:
        if not task.sentences[part].pairs:
            raise UsageError(
                f"Task {name}: no sentence of the {part} part has at most {options.length - 1} "
                "tokens; raise options.task.length or split the lines into sentences."
            )
    return task


def _files(argument: str) -> list[Path]:
    """Source and target file."""
    named = [part.strip() for part in argument.split(",")]
    if len(named) != 2 or not all(named):
        raise UsageError(
            f'Task "parallel" needs a source and a target file, got "{argument}"; '
            "write parallel:SOURCE,TARGET (their names must not contain a comma)."
        )
    return [Path(part).expanduser() for part in named]


def _paired(name: str, files: list[Path]) -> list[Pair]:
    """Line n of one file with line n of the other."""
    source, target = (_lines(name, file) for file in files)
    if len(source) != len(target):
        raise UsageError(
            f"Task {name}: {files[0]} has {len(source)} lines, {files[1]} has {len(target)}; "
            "line n of one must be the translation of line n of the other."
        )
    return [Pair(*lines) for lines in zip(source, target, strict=True)]


def _lines(name: str, file: Path) -> list[str]:
    """The lines of a file, stripped."""
    try:
        if file.stat().st_size > MOST:
            raise UsageError(
                f"Task {name}: {file} is larger than the {MOST} bytes that are read; shorten it."
            )
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(f'Task {name}: there is no file "{file}"; check the path.') from error
    except OSError as error:
        raise UsageError(
            f"Task {name}: {file} cannot be read ({error.strerror}); give a readable text file."
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(
            f"Task {name}: {file} is not UTF-8 text (line {line}); convert it, for example with "
            f"iconv -t UTF-8."
        ) from error
    lines = [line.strip() for line in text.split("\n")]
    if lines[-1] == "":  # the end of the last line begins no other
        lines.pop()
    if not any(lines):
        raise UsageError(f"Task {name}: {file} is empty; give a file with a sentence per line.")
    return lines

"""Every code block of the documentation is carried out, or read by what it is written for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest
import torch

from monas_core.catalog import hookspecs
from monas_core.catalog.lookup import Catalog
from monas_core.cli import execution, launching
from monas_core.cli.main import build, main
from monas_core.cli.request import Request, configuration

from .blocks import DOCS, ROOT, Block, blocks, commands, inline

ALL = list(blocks())
ELSEWHERE = {
    "docs/python.md": "tests/api/test_page.py",
    "docs/own-task.md": "tests/tasks/test_own_file.py",
    "docs/devices.md": "tests/devices/test_page.py",
    "docs/systems-pit.md": "tests/pit/test_pit.py",
    "docs/tutorial.md": "tests/docs/test_tutorial.py",
}
"""Pages whose blocks of other languages than the shell are carried out by a test of their own."""
SHOWN = {
    ("docs/a-run.md", "config.yaml"): "names of files",
    ("docs/a-run.md", "best       best        balanced"): "what a run printed",
    ("docs/data.md", "monas train photos-run"): "a message; tests/cli/test_moved.py provokes it",
    ("docs/kit.md", "✗ TestDeviceHonesty"): "a message; tests/contracts/planted provokes it",
    ("docs/own-model.md", "stays as it is: rigid"): "a message",
    ("docs/own-model.md", "monas.push_to_hub("): "needs an account; tests/export/test_hub.py has "
    "a stand-in of the hub",
    ("docs/releasing.md", "### Added"): "the form of a fragment of the changelog",
    ("docs/systems-mtlnas.md", "FOLDER/train/image"): "names of files",
    ("docs/systems-nascount.md", "FOLDER/images"): "names of files",
}
"""Blocks that are nothing to carry out, by page and beginning, each with the reason."""
HERE = {"docs/hooks.md", "CONTRIBUTING.md", "docs/own-model.md"}
"""Pages whose Python is carried out by a test of this module."""
ADDED = {"resnet", "pico-2", "peak", "hill-climber", "traffic"}
"""Names that the example package and the tutorial's plugin bring."""
PLACEHOLDERS = re.compile(r"[A-Z][A-Z-]+|.+\.json")
"""What a reader has: RUN, FOLDER, SPACE; a file of figures."""
KINDS = {
    "space": "space", "task": "task", "loss": "loss", "trainer": "trainer",
    "optimizer": "optimizer", "objectives": "objective", "devices": "device",
    "held_out": "device", "guides": "guide", "observers": "observer",
}  # fmt: skip
"""Settings of a run that name parts, with the kind of part."""


def shown(block: Block) -> tuple[str, str] | None:
    """Its key in ``SHOWN``."""
    found = [k for k in SHOWN if k[0] == block.page and block.first.startswith(k[1])]
    return found[0] if found else None


shell = [block for block in ALL if block.language == "shell"]
others = [block for block in ALL if block.language != "shell"]


def test_no_block_is_left_out() -> None:
    unknown = [
        (block.page, block.first)
        for block in others
        if shown(block) is None
        and block.page not in ELSEWHERE
        and not (block.language == "python" and block.page in HERE)
    ]
    assert not unknown, "carry it out in a test, or say in SHOWN why it is nothing to carry out"
    assert {shown(block) for block in others} - {None} == set(SHOWN), "shown no more"
    for page, test in ELSEWHERE.items():
        assert Path(page).name in (ROOT / test).read_text(encoding="utf-8"), test


# --- commands


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What ``monas run`` was asked for, in place of its being carried out."""
    kept: list[Request] = []
    monkeypatch.setattr(execution, "carry_out", kept.append)
    return kept


def parsed(words: list[str]) -> Any:
    """The command of some words with its context: the real one has read them."""
    command: Any = build().get_command(None, words[0])  # pyright: ignore
    assert command is not None, words[0]
    return command, command.make_context(words[0], words[1:])


def read_monas(words: list[str], kept: list[Request], catalog: Catalog) -> None:
    """Let the command line read some words; settings of a run are checked, and names."""
    command, context = parsed(words)
    if words[0] != "run":
        return
    kept.clear()
    command.invoke(context)
    (request,) = kept
    if request.resume is not None:
        return
    flags = {k: v for k, v in request.flags.items() if v is not None}
    _, settings = launching.parted(request.dotted)
    config, _ = configuration(attrs.evolve(request, flags=flags, dotted=settings))
    for setting, kind in KINDS.items():
        value = getattr(config, setting)
        named = value if isinstance(value, list | tuple) else [value]
        for name in filter(None, named):
            if name not in ADDED and not PLACEHOLDERS.fullmatch(name):
                catalog.find(kind, name.split(":")[0])


def read_python(words: list[str]) -> None:
    """A program of this repository is there, and has the options."""
    if words[1] == "-m":
        return
    script = ROOT / words[1]
    assert script.is_file(), words[1]
    text = script.read_text(encoding="utf-8")
    for flag in [word.split("=")[0] for word in words if word.startswith("--")]:
        assert re.search(rf"[\"']{flag}[\"']", text), f"{words[1]} has no {flag}"


def read_pip(words: list[str]) -> None:
    """Extras are there, folders too."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for word in words[2:]:
        named = re.fullmatch(r"(?:\.|monas)\[(.*)\]", word)
        if named:
            assert not set(named[1].split(",")) - set(extras), word
        elif word.startswith("docs/"):
            assert (ROOT / word / "pyproject.toml").is_file()


def read(words: list[str], kept: list[Request], catalog: Catalog) -> None:
    """Let the program that a command names read it."""
    program, rest = words[0], words[1:]
    if program == "monas":
        read_monas(rest, kept, catalog)
    elif program == "python":
        read_python(words)
    elif program == "pip":
        read_pip(words)
    elif program == "make":
        assert re.search(rf"^{rest[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), rest
    elif program == "torchrun":
        from torch.distributed.run import parse_args

        given = parse_args(rest)
        assert given.training_script == "monas_core"
        read_monas(given.training_script_args, kept, catalog)
    else:
        assert program == "tensorboard"
        assert rest[0] == "--logdir"


@pytest.mark.parametrize("block", shell, ids=lambda b: f"{b.page}: {b.first[:60]}")
def test_commands_are_read_by_the_real_command_line(
    block: Block, asked: list[Request], catalog: Catalog
) -> None:
    for words in commands(block.text):
        read(words, asked, catalog)


BRINGS_OWN = ("RUN", ":", ".json", "SPACE", *ADDED)
"""Words of commands that need something of the reader: a run, data, a package."""
RUNS = [
    words
    for block in shell
    for words in commands(block.text)
    if words[:2] == ["monas", "run"]
    and not {"s", "--launcher"} & set(words)  # hours on a CPU; a batch system
    and not any(own in " ".join(words) for own in BRINGS_OWN)
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_runs_that_need_nothing_are_planned(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With ``--dry-run``: parts are made, matched and tried on a batch."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main([*words[1:], "--dry-run", "--json"])
    assert not end.value.code


def test_commands_within_sentences_are_read() -> None:
    """A mention may leave out what a command needs; what it names is there."""
    faults = []
    for page, words in inline():
        try:
            if words[0] == "monas" and not words[1].startswith("-"):
                parsed(words[1:])
            elif words[0] == "python" and "/" in words[1]:
                read_python(words)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told with its command
            if type(error).__name__ == "MissingParameter":
                continue
            faults.append(f"{page}: {' '.join(words)}: {error}")
    assert not faults, "\n".join(faults)


# --- Python


def python(page: str) -> list[str]:
    """The Python of a page."""
    return [block.text for block in ALL if block.page == page and block.language == "python"]


def test_every_hook_has_an_example_that_works() -> None:
    """The page names every hook, says what it is for, and its example makes a spec."""
    page = (DOCS / "hooks.md").read_text(encoding="utf-8")
    examples = python("docs/hooks.md")
    assert len(examples) == len(hookspecs.HOOKS)
    for (kind, hook), example in zip(hookspecs.HOOKS.items(), examples, strict=True):
        section = re.search(rf"^## {hook}\n\n(.+?)\n```python", page, re.MULTILINE | re.DOTALL)
        assert section, hook
        assert len(section[1].split()) > 5, f"{hook} is not explained"
        space: dict[str, Any] = {}
        exec(compile(example, f"{hook} of the page", "exec"), space)
        (spec,) = space[hook]()
        assert spec.name == f"my-{kind}"


def test_the_example_of_contributing_works() -> None:
    (example,) = python("CONTRIBUTING.md")
    space: dict[str, Any] = {}
    exec(compile(example, "CONTRIBUTING.md", "exec"), space)
    assert space["monas_objectives"]()[0].factory == "my_package.depth:Depth"


def test_the_network_of_the_page_is_a_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: Catalog
) -> None:
    """Its weights are made by the same function, its loading aside."""
    pytest.importorskip("torch_pruning")
    (example,) = [text for text in python("docs/own-model.md") if "def network" in text]
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    without = "\n".join(line for line in example.splitlines() if "torch.load" not in line)
    assert without != example.rstrip()
    exec(compile(without, "own-model.md", "exec"), space)
    torch.save(space["network"]()[0].state_dict(), "mine.pt")
    (tmp_path / "mine.py").write_text(example, encoding="utf-8")
    entry, argument = catalog.ask("space", "module:mine.py:network")
    made = entry.create(argument=argument)
    assert made.choices.cardinality() > 1

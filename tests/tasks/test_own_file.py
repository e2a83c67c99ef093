"""A task in one file: the documented examples run, faults name their line, runs remember it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import monas_core as monas
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.record.config import load_config
from monas_core.running.resolving import resolve
from monas_tasks.own_file import load

PAGE = Path(__file__).parents[2] / "docs" / "own-task.md"
EXAMPLES = dict(
    re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
)
GOOD = EXAMPLES["spots.py"]


def written(folder: Path, text: str, name: str = "mine.py") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("name", "space"), [*((name, "mobilenetv3") for name in EXAMPLES), ("spots.py", "nasbench201")]
)
def test_examples_of_the_page_can_be_searched_for(tmp_path: Path, name: str, space: str) -> None:
    file = written(tmp_path, EXAMPLES[name], name)
    config = load_config(
        None,
        {"space": space, "objectives": ["acc", "params"], "devices": ["t4"], "held_out": [],
         "optimizer": "random", "task": f"module:{file}:task"},
    )  # fmt: skip
    plan = resolve(config, Catalog.installed())
    plan.rehearse()
    assert sum(plan.task.record().parts.values()) > 100


FAULTS = [
    ("import torch\n", "import torch\nimport nothing_of_this_name\n", "line 2", "ModuleNotFound"),
    ("return 100.0 *", "return 100.0 /* ", "{line}", "SyntaxError"),
    ("both, any_of = (found", "both, any_of = (fond", "{line}", "NameError"),
    ('reduction="none"', 'reduction="mean"', "one value per sample", "reduction"),
    ("targets, reduction", "targets[:, 1:], reduction", "{line}", "ValueError"),
    ("search=pictures(10, 60)", "search=pictures(10, 0)", 'Part "search"', "empty"),
    ("test=pictures(20, 60)", "test=[1, 2]", 'Part "test"', "pairs"),
    ("test=pictures(20, 60)", "test=(torch.ones(2, 3), torch.ones(2))", 'Part "test"', "one form"),
    ("train=pictures(0)", "train=(torch.ones(3, 2), torch.ones(2))", 'Part "train"', "one length"),
    ("(outputs, targets, reduction", "(outputs.detach(), targets, reduction", "gradient", "detach"),
    ("0.3 * noise", "torch.nan * noise", "not finite", "part train"),
    ("n_outputs=16", "n_outputs=7", "binary_cross_entropy", "ValueError"),
    ("return F.interpolate(masks, size=16) + 0.3 * noise,",
     "return noise.flatten(1),", "cannot take the inputs", "spots"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "wanted", "kind"), FAULTS)
def test_faults_are_told_with_their_line_before_anything_is_written(
    tmp_path: Path, old: str, new: str, wanted: str, kind: str
) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    line = f"line {text[: text.index(new)].count(chr(10)) + 1}"
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as told:
        monas.search(
            "mobilenetv3", task=f"module:{file}:task", objectives=["acc", "params"],
            devices=["t4"], held_out=[], out_dir=tmp_path / "run", progress=False,
        )  # fmt: skip
    assert wanted.format(line=line) in str(told.value)
    assert kind in str(told.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("argument", "wanted"),
    [
        (None, "module:FILE.py:NAME"), ("x.py", "module:FILE.py:NAME"),
        ("gone.py:task", "no file"), ("{file}:nothing", 'defines no "nothing"'),
        ("{file}:F", "must be an OwnTask"), ("{file}:loss", "loss"),
    ],
)  # fmt: skip
def test_what_is_named_must_be_a_task(tmp_path: Path, argument: str | None, wanted: str) -> None:
    file = written(tmp_path, GOOD)
    with pytest.raises(UsageError, match=wanted):
        load(argument.format(file=file) if argument else argument)


def test_a_neighbour_can_be_imported(tmp_path: Path) -> None:
    written(tmp_path, "CELLS = 16\n", "cells_of_the_test.py")
    text = GOOD.replace("n_outputs=16", "n_outputs=CELLS")
    file = written(tmp_path, "from cells_of_the_test import CELLS\n" + text)
    assert load(f"{file}:task").n_outputs == 16


def test_a_run_remembers_it_by_content_and_exports_without(tmp_path: Path) -> None:
    home = tmp_path / "here"
    home.mkdir()
    file = written(home, GOOD)
    run = monas.search(
        "mobilenetv3", task=f"module:{file}:task", objectives=["acc", "params"], devices=["t4"],
        held_out=[], optimizer="random", budget="2steps", preferences=3,
        warm_up={"steps": 2, "batch_size": 4}, out_dir=home / "run", progress=False,
    )  # fmt: skip
    shutil.copytree(home, tmp_path / "there")
    file.unlink()
    moved = monas.open_run(tmp_path / "there" / "run")
    wish = {"acc": 0.5, "params": 0.5}
    assert not moved.without_data
    assert moved.pick("t4", wish).key == run.pick("t4", wish).key
    copy = tmp_path / "there" / "mine.py"
    copy.write_text(GOOD.replace("0.3 * noise", "0.5 * noise"))
    changed = monas.open_run(tmp_path / "there" / "run")
    assert 'file "mine.py": 1 lines changed (' in changed.without_data
    copy.unlink()
    alone = monas.open_run(tmp_path / "there" / "run")
    member = alone.pick("t4", wish)
    assert member.key in {m.key for m in run.front("t4").members}
    alone.export(member, "safetensors", tmp_path / "model")
    with pytest.raises(UsageError, match=r"needs the data .*train 120, search 60, test 60"):
        alone.train(member, budget="2steps")

"""What one writes in Python: search, load, a task of one's own, a run in a notebook."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset, TensorDataset

import monas_core as monas
from monas_core.errors import UsageError
from monas_core.parts.task import Task
from monas_core.testing.contracts import TaskContract

KINDS = 64


def loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Of each token, (B, T)."""
    return F.cross_entropy(outputs.flatten(0, 1), targets.flatten(), reduction="none").view_as(
        targets
    )


def counting(part: int, size: int = 48) -> TensorDataset:
    """Counting from somewhere, by one to twenty; no two parts count alike."""
    ways = torch.cartesian_prod(torch.arange(KINDS), torch.arange(1, 21))  # (1280, 2)
    ways = ways[torch.randperm(len(ways), generator=torch.Generator().manual_seed(0))]
    first, step = ways[size * part : size * (part + 1)].split(1, dim=1)
    numbers = (first + step * torch.arange(17)) % KINDS
    return TensorDataset(numbers[:, :-1], numbers[:, 1:])


def own_task(**given: Any) -> monas.OwnTask:
    parts: dict[str, Any] = {p: counting(i) for i, p in enumerate(("train", "search", "test"))}
    settings = {"loss": loss, "n_outputs": KINDS, "modality": "language-model"}
    return monas.OwnTask("marbles", **{**parts, **settings, **given})


class TestOwnTask(TaskContract):
    kind: ClassVar[str | None] = None

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls) -> Task:
        return own_task()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> monas.Run:
    return monas.search(
        "gpt",
        task=own_task(),
        objectives=["acc", "params"],
        devices="host",
        held_out=[],
        optimizer="random",
        budget="2steps",
        preferences=3,
        warm_up={"steps": 4, "batch_size": 4},
        out_dir=tmp_path_factory.mktemp("own") / "run",
        progress=False,
    )


def test_ten_lines_search_with_ones_own_data(run: monas.Run) -> None:
    member = run.pick("host", {"acc": 0.5, "params": 0.5})
    network = run.load(member)
    assert network(torch.zeros(5, 16, dtype=torch.long)).shape == (5, 16, KINDS)
    again = monas.open_run(run.path, task=own_task())
    assert again.pick("host", {"acc": 0.5, "params": 0.5}).key == member.key
    alone = monas.open_run(run.path)
    assert 'handed the task "marbles" (class OwnTask) over' in alone.without_data
    assert alone.pick("host", {"acc": 0.5, "params": 0.5}).key == member.key
    with pytest.raises(UsageError, match=r"train 48, search 48, test 48.* the same task again"):
        alone.train(member, budget="2steps")


def test_a_subnet_of_it_is_trained_and_shipped(run: monas.Run, tmp_path: Path) -> None:
    member = run.front("host").members[0]
    result = run.train(member, budget="3steps", distil=True)
    assert result["score"] == {"name": "loss", "unit": "", "direction": "min"}
    report = run.export(member, "safetensors", tmp_path / "model")
    assert report["weights"] == "trained"


def test_progress_is_told_in_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monas.search(
        "gpt", objectives=["params"], devices=["t4"], held_out=[], optimizer="random",
        budget="1steps", preferences=2, warm_up={"steps": 1, "batch_size": 2},
        out_dir=tmp_path / "r",
    )  # fmt: skip
    told = capsys.readouterr().out
    assert "warm-up starts: 1 steps" in told
    assert "run done" in told


def test_a_mistake_is_told_as_on_the_command_line() -> None:
    with pytest.raises(UsageError, match='Did you mean "gpt"'):
        monas.search("gtp")
    with pytest.raises(UsageError, match="bugdet: unknown key"):
        monas.search("gpt", bugdet="5s")


class Singles(Dataset[Tensor]):
    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Tensor:
        return torch.zeros(index)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"train": []}, 'Part "train" of task "marbles" is empty'),
        ({"test": Singles()}, r"must give pairs \(input, target\), got a Tensor"),
    ],
)
def test_unfit_data_is_refused(given: dict[str, Any], wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted):
        own_task(**given)


def test_a_loss_that_averages_is_explained() -> None:
    task = own_task(loss=lambda outputs, targets: loss(outputs, targets).mean())
    with pytest.raises(UsageError, match="one value per sample"):
        task.loss(torch.zeros(4, 5, KINDS), torch.zeros(4, 5, dtype=torch.long))


def test_names_of_tasks(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="without"):
        monas.OwnTask("a:b", train=[], search=[], test=[], loss=loss, n_outputs=1)
    task = own_task()
    task.name = "digits"
    with pytest.raises(UsageError, match='"digits" is installed already'):
        monas.search("gpt", task=task, out_dir=tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_a_score_of_ones_own() -> None:
    task = own_task(
        score=monas.Score("errors", "%", "min"),
        judge=lambda outputs, targets: 100.0 * (outputs.argmax(-1) != targets).float(),
    )
    found = task.evaluate(lambda x: F.one_hot((x + 1) % KINDS, KINDS).float(), "test")
    numbers, following = counting(2).tensors
    wrong = ((numbers + 1) % KINDS != following).double().mean()
    assert found["errors"] == pytest.approx(100 * float(wrong))


def test_importing_it_is_quick() -> None:
    code = "import sys, monas_core; assert 'torch' not in sys.modules; monas_core.search"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'serach'"):
        _ = monas.serach  # pyright: ignore
    assert "search" in dir(monas)


@pytest.mark.parametrize("observers", [[5], 5, "tensorbord", ["tensorbord"]])
def test_who_cannot_hear_is_told_before_anything_is_made(observers: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"functions that take an event.*got 5|Did you mean"):
        monas.search("gpt", out_dir=tmp_path / "run", observers=observers)
    assert not (tmp_path / "run").exists()

"""A run's teacher: trained, taken from a run or a file, kept, and refused in one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from safetensors.torch import save_file

import monas_core as monas
from monas_core.catalog.lookup import Catalog
from monas_core.errors import Interrupted, UsageError
from monas_core.parts.teacher import tapped
from monas_core.record.config import load_config
from monas_core.running.resolving import resolve
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_core.train.self_supervised import WithoutTargets


class Space(ToySpace):
    """The toy space, with places to compare its networks at."""

    provides: ClassVar[tuple[str, ...]] = ("supernet", "taps")


def _search(out: Path, teacher: Any, **more: Any) -> monas.Run:
    settings: dict[str, Any] = {
        "objectives": ["similarity", "params"],
        "trainer": "none",
        "optimizer": "random",
        "budget": "6evals",
        "preferences": 3,
        "options": {"objective": {"similarity": {"steps": 2}}},
    } | more
    return monas.search(
        Space(), task=ToyTask(), teacher=teacher, out_dir=out, progress=False, **settings
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> monas.Run:
    """A run that trained its teacher, and one network alone."""
    out = tmp_path_factory.mktemp("teachers") / "run"
    run = _search(out, {"source": "largest", "steps": 8})
    run.train(run.front("any").members[0], budget="3steps", from_scratch=True)
    return run


def test_the_largest_is_trained_and_kept(trained: monas.Run) -> None:
    teacher = trained.session.context.require_teacher()
    fresh = trained.session.plan.space.build(
        trained.session.plan.space.ends().largest, trained.session.plan.task
    )
    names = [name for name, _ in fresh.named_parameters()]
    assert [name for name, _ in teacher.network.named_parameters()] == names
    assert not any(weight.requires_grad for weight in teacher.network.parameters())
    assert teacher.taps == ("layers.0", "layers.1", "layers.2")
    features = teacher.features(trained.session.plan.task.example(5))
    assert [tuple(f.shape) for f in features] == [(5, 16)] * 3
    for member in trained.front("any").members:
        assert 0.0 < member.values["similarity"] <= 3.0


def test_a_network_of_a_run_teaches(trained: monas.Run, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(trained.path, source)
    key = trained.front("any").members[0].key
    run = _search(tmp_path / "next", f"{source}#{key}")
    shutil.rmtree(source)  # what a run needs it has kept
    again = monas.open_run(run.path, space=Space(), task=ToyTask())
    teacher = again.session.context.require_teacher()
    alone = trained.load(key, weights="trained")
    for name, weight in alone.named_parameters():
        assert torch.equal(dict(teacher.network.named_parameters())[name], weight)


@pytest.mark.parametrize("form", ["pt2", "safetensors"])
def test_an_exported_network_teaches(trained: monas.Run, tmp_path: Path, form: str) -> None:
    key = trained.front("any").members[0].key
    out = tmp_path / ("network.pt2" if form == "pt2" else "network")
    trained.export(key, form, out)
    run = _search(tmp_path / "next", out)
    wanted = trained.load(key)
    inputs = ToyTask().example(4)
    teacher = run.session.context.require_teacher()
    taps = Space().taps(trained.architecture(key))
    assert teacher.taps == taps
    _, expected = tapped(wanted, taps, inputs)
    for found, feature in zip(teacher.features(inputs), expected, strict=True):
        assert torch.allclose(found, feature, atol=1e-5)


def test_stopped_while_its_teacher_learns(trained: monas.Run, tmp_path: Path) -> None:
    control = monas.Control()
    seen = 0

    def stop(progress: monas.Progress) -> None:
        nonlocal seen
        seen += progress.phase == "teacher"
        if seen == 4:
            control.stop()

    out, teacher = tmp_path / "run", {"source": "largest", "steps": 8}
    settings: dict[str, Any] = {
        "objectives": ["similarity", "params"],
        "trainer": "none",
        "optimizer": "random",
        "budget": "6evals",
        "preferences": 3,
        "options": {"objective": {"similarity": {"steps": 2}}},
    }
    with pytest.raises(Interrupted):
        monas.search(
            Space(),
            task=ToyTask(),
            teacher=teacher,
            out_dir=out,
            control=control,
            progress=stop,
            **settings,
        )
    run = monas.search(Space(), task=ToyTask(), resume=out, progress=False)
    assert run.front("any").to_json()["members"] == trained.front("any").to_json()["members"]


@pytest.mark.parametrize(
    ("teacher", "told"),
    [
        ("biggest", "not understood; give largest"),
        ("nowhere#abc", "not a run folder"),
        ("missing.pt2", "does not exist"),
        ("timm:resnet18", "lacks its weights"),
        ("timm:resnet18=weights.safetensors", "no file of safetensors"),
        ({"source": "missing.pt2", "steps": 3}, "not trained by the run"),
        ({"source": "largest", "taps": ["layers.0"]}, "compared at 3"),
        ({"source": "largest", "taps": ["layers.0", "head", "x"]}, 'no module "x"'),
        ({"source": "self"}, "images alone"),
        (None, "add --teacher"),
    ],
)
def test_bad_teachers_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, teacher: Any, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as fault:
        _search(tmp_path / "run", teacher)
    assert told in str(fault.value)
    assert str(fault.value).count("\n") == 0
    assert not (tmp_path / "run").exists(), "something was written"


def test_settings_of_no_teacher_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="without a teacher"):
        _search(tmp_path / "run", {"steps": 3}, objectives=["params"], budget="3steps", options={})


def test_a_teacher_that_nothing_looks_at_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no part of this run looks at it") as fault:
        _search(tmp_path / "run", "largest", objectives=["params"], budget="3steps", options={})
    assert 'objective "similarity"' in str(fault.value)
    assert 'trainer "blockwise"' in str(fault.value)
    assert not (tmp_path / "run").exists(), "something was written"


@pytest.mark.parametrize(
    ("objectives", "more", "told"),
    [
        (["rating", "params"], {"teacher": "largest"}, "--space gpt, mobilenetv3"),
        (["params"], {"optimizer": "gated"}, "--task multitask"),
        (["params"], {"guides": ["diversity"]}, "--optimizer: nsga2"),
    ],
)
def test_who_would_meet_a_need_is_named(objectives: list[str], more: Any, told: str) -> None:
    wanted = {"space": "hat", "objectives": objectives, **more}
    with pytest.raises(UsageError) as fault:
        resolve(load_config(None, wanted), Catalog.installed())
    assert told in str(fault.value)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_file({"layers.0.weight": torch.zeros(2, 2)}, tmp_path / "other.safetensors")
    with pytest.raises(UsageError, match="does not hold the weights"):
        _search(tmp_path / "run", tmp_path / "other.safetensors")
    (tmp_path / "noise.pt2").write_bytes(b"noise")
    with pytest.raises(UsageError, match=r"no program of torch\.export"):
        _search(tmp_path / "run", tmp_path / "noise.pt2")


def test_a_program_of_a_stranger_needs_named_taps(tmp_path: Path) -> None:
    network = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
    batch = torch.export.Dim("batch", min=2)
    program = torch.export.export(network, (torch.randn(4, 6),), dynamic_shapes=({0: batch},))
    torch.export.save(program, tmp_path / "network.pt2")
    with pytest.raises(UsageError, match="name 3 of its modules"):
        _search(tmp_path / "run", tmp_path / "network.pt2")
    named = {"source": str(tmp_path / "network.pt2"), "taps": ["0", "1", "9"]}
    with pytest.raises(UsageError, match='no module "9"'):
        _search(tmp_path / "run", named)
    run = _search(tmp_path / "run", {**named, "taps": ["0", "1", "2"]})
    assert run.front("any").members


def test_without_targets_views_of_a_sample_belong_together() -> None:
    task = WithoutTargets(Catalog.installed().create("task", "digits", argument=None))
    batch = task.batch("train", 32, torch.Generator().manual_seed(0))
    assert len(batch.inputs) == 64
    alike = torch.randn(32, 10, generator=torch.Generator().manual_seed(1))
    loss = task.loss(alike.repeat(2, 1), batch.targets)
    assert loss.shape == (64,)
    collapsed = task.loss(torch.zeros(64, 10), batch.targets)
    apart = task.loss(torch.randn(64, 10), batch.targets)
    assert loss.mean() < collapsed.mean()
    assert loss.mean() < apart.mean()

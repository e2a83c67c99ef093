"""Two heads at once: kinds of maps, drawn surfaces, folders as NYUv2 is passed on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from monas_core.errors import UsageError
from monas_core.parts.heads import Head, head_of, heads_of
from monas_multitask.kinds import IGNORED, Depths, Labels, Normals
from monas_multitask.loading import load
from monas_multitask.options import MultitaskOptions

SMALL = MultitaskOptions(size=16, pictures=16)


def test_labels_are_scored_by_hand():
    kind = Labels(3)
    targets = torch.tensor([[[0, 0, 1, IGNORED]]])
    guessed = torch.tensor([[[0, 1, 1, 2]]])
    logits = F.one_hot(guessed, 3).permute(0, 3, 1, 2).float() * 50
    found = kind.judge(logits, targets)
    assert found["seg pixels"] == pytest.approx(100 * 2 / 3)
    assert found["seg"] == pytest.approx(100 * (0.5 + 0.5) / 2)
    assert float(kind.loss(logits, targets)[0]) == pytest.approx(50 / 3, rel=1e-3)


def test_normals_are_scored_by_hand():
    kind = Normals()
    targets = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]).T[None, :, None]
    outputs = torch.tensor([[0.0, 0.0, 7.0], [0.0, 1.0, 1.0], [1.0, 0.0, 0.0]]).T[None, :, None]
    found = kind.judge(outputs, targets)
    assert found["normal"] == pytest.approx(22.5, abs=1e-3)
    assert float(kind.loss(outputs, targets)[0]) == pytest.approx((1 - 0.5**0.5) / 2, rel=1e-4)


def test_depths_are_scored_by_hand():
    kind = Depths()
    targets = torch.tensor([[[[2.0, 4.0, 0.0]]]])
    outputs = torch.tensor([[[[3.0, 4.0, 9.0]]]])
    assert kind.judge(outputs, targets) == {"depth": 0.5, "depth relative": 0.25}
    assert kind.loss(outputs, targets).tolist() == [0.5]


@pytest.mark.parametrize("kind", [Labels(3), Normals(), Depths()])
def test_a_sample_without_any_target_counts_nowhere(kind):
    outputs = torch.randn(2, kind.outputs, 4, 4, requires_grad=True)
    nothing = torch.zeros(2, kind.outputs, 4, 4)
    targets = torch.full((2, 4, 4), IGNORED) if isinstance(kind, Labels) else nothing
    loss = kind.loss(outputs, targets)
    loss.sum().backward()
    assert loss.tolist() == [0.0, 0.0]
    assert bool(torch.isfinite(outputs.grad).all())
    assert all(np.isfinite(v) for v in kind.judge(outputs.detach(), targets).values())


def test_drawn_surfaces_are_what_they_are_said_to_be():
    task = load(options=SMALL)
    data = task._maps["train"]
    signs = data.targets["seg"] % 2
    field = data.targets["seg"] // 2
    assert abs(float(torch.corrcoef(torch.stack([signs.flatten(), field.flatten()]))[0, 1])) < 0.2
    length = data.targets["normal"].square().sum(1)
    assert torch.allclose(length, torch.ones_like(length), atol=1e-5)
    assert [head.channels for head in task.heads] == [(0, 1), (1, 2)]
    assert load(options=SMALL).record() == task.record()


def test_scores_belong_to_heads():
    task = load(options=SMALL)
    names = [score.name for score in (task.score, *task.scores)]
    assert names == ["seg", "seg pixels", "normal", "normal median"]
    assert [head_of(task, name) for name in names] == ["seg", "seg", "normal", "normal"]
    assert head_of(task, None) is None
    batch = task.batch("train", 3, torch.Generator().manual_seed(0))
    outputs = {h.name: torch.randn(3, h.outputs, 16, 16) for h in task.heads}
    parts = task.losses(outputs, batch.targets)
    assert torch.allclose(task.loss(outputs, batch.targets), parts["seg"] + 5 * parts["normal"])


def test_heads_are_read_from_what_a_run_remembers():
    class Remembered:
        heads = ({"name": "seg", "outputs": 4, "channels": [0, 1], "weight": 1.0},)

    assert heads_of(Remembered()) == (Head("seg", 4, (0, 1)),)  # pyright: ignore


# -- folders ------------------------------------------------------------------------------------


def nyu(root, part, numbers, *, second="normal", form="npy", sides=(12, 20)):
    """A few pictures in the layout in which NYUv2 is passed on."""
    for number in numbers:
        generator = np.random.default_rng(number)
        height, width = sides
        image = generator.random((height, width, 3)).astype(np.float32)
        label = generator.integers(-1, 5, (height, width)).astype(np.float32)
        normal = generator.normal(size=(height, width, 3)).astype(np.float32)
        normal /= np.linalg.norm(normal, axis=2, keepdims=True)
        depth = generator.random((height, width, 1)).astype(np.float32) * 5
        maps = {"image": image, "label": label, "normal": normal, "depth": depth}
        for kind in ("image", "label", second):
            (root / part / kind).mkdir(parents=True, exist_ok=True)
            path = root / part / kind / str(number)
            if form == "npy":
                np.save(path.with_suffix(".npy"), maps[kind])
            else:
                _as_picture(path.with_suffix(".png"), kind, maps[kind])


def _as_picture(path, kind, values):
    pillow = pytest.importorskip("PIL.Image")
    if kind == "image":
        made = (255 * values).astype(np.uint8)
    elif kind == "label":
        made = np.where(values < 0, 255, values).astype(np.uint8)
    elif kind == "normal":
        made = np.rint((values + 1) * 127.5).astype(np.uint8)
    else:
        made = (1000 * values[:, :, 0]).astype(np.uint16)
    pillow.fromarray(made).save(path)


@pytest.mark.parametrize("second", ["normal", "depth"])
@pytest.mark.parametrize("form", ["npy", "png"])
def test_a_folder_as_nyuv2_is_read(tmp_path, second, form):
    nyu(tmp_path, "train", range(12), second=second, form=form)
    nyu(tmp_path, "val", range(20, 23), second=second, form=form)
    task = load(str(tmp_path), options=SMALL)
    assert [head.name for head in task.heads] == ["seg", second]
    assert task.heads[0].outputs == 5
    assert task.shape == (3, 16, 16)
    sizes = {part: len(maps) for part, maps in task._maps.items()}
    assert sizes == {"train": 11, "search": 1, "test": 3}
    batch = task.batch("train", 4, torch.Generator().manual_seed(0))
    assert batch.targets["seg"].shape == (4, 16, 16)
    assert int(batch.targets["seg"].min()) == IGNORED
    if second == "normal":
        length = batch.targets["normal"].square().sum(1)
        assert torch.allclose(length, torch.ones_like(length), atol=1e-4)
    else:
        assert 0 < float(batch.targets["depth"].max()) <= 5.0
    again = load(str(tmp_path), options=SMALL)
    assert again.record() == task.record()


def test_both_forms_of_a_set_are_one_set(tmp_path):
    """Arrays and pictures of the same maps, at their own size."""
    size = MultitaskOptions(size=16)
    found = []
    for form in ("npy", "png"):
        nyu(tmp_path / form, ".", range(3), form=form, sides=(16, 16))
        maps = load(str(tmp_path / form), options=size)._maps
        found.append({int(t["seg"].float().sum() * 0): t for t in [maps["train"].targets]}[0])
    assert found[0]["seg"].shape == found[1]["seg"].shape == (1, 16, 16)
    sums = [sorted(float(m.targets["seg"].sum()) for m in load(str(tmp_path / f), options=size)
                   ._maps.values()) for f in ("npy", "png")]  # fmt: skip
    assert sums[0] == sums[1]


def test_a_map_of_choice(tmp_path):
    nyu(tmp_path, ".", range(4), second="normal")
    nyu(tmp_path, ".", range(4), second="depth")
    assert load(str(tmp_path), options=SMALL).heads[1].name == "normal"
    other = load(str(tmp_path), options=MultitaskOptions(size=16, second="depth"))
    assert other.heads[1].name == "depth"


def test_folders_that_are_none_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        load(str(tmp_path / "missing"), options=SMALL)
    with pytest.raises(UsageError, match="normal/ or depth/"):
        load(str(tmp_path), options=SMALL)
    nyu(tmp_path, ".", range(4))
    (tmp_path / "label" / "2.npy").rename(tmp_path / "label" / "9.npy")
    with pytest.raises(UsageError, match='"2" is not both'):
        load(str(tmp_path), options=SMALL)
    (tmp_path / "label" / "9.npy").rename(tmp_path / "label" / "2.npy")
    np.save(tmp_path / "label" / "2.npy", np.zeros((3, 3)))
    with pytest.raises(UsageError, match="3 x 3, its picture 12 x 20"):
        load(str(tmp_path), options=SMALL)
    np.save(tmp_path / "label" / "2.npy", np.full((12, 20), 0.5))
    with pytest.raises(UsageError, match="whole numbers"):
        load(str(tmp_path), options=SMALL)
    np.save(tmp_path / "label" / "2.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UsageError, match="cannot be read"):
        load(str(tmp_path), options=SMALL)

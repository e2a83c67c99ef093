"""Counting: maps of density, drawn scenes, folders of annotated pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from monas_core.errors import UsageError
from monas_core.parts.task import CONSTANT
from monas_counting.loading import load
from monas_counting.maps import density
from monas_counting.options import CountingOptions

pytest.importorskip("PIL")
SMALL = CountingOptions(size=16, scenes=12)


@pytest.fixture(scope="module")
def task():
    return load(options=SMALL)


@pytest.mark.parametrize("spread", [0.05, 1.5, 40.0])
def test_the_sum_of_a_map_is_the_count(spread):
    points = torch.tensor([[0.0, 0.0], [16.0, 8.0], [3.2, 5.5], [3.2, 5.5]])
    found = density(points, (8, 16), spread)
    assert found.shape == (1, 8, 16)
    assert float(found.sum()) == pytest.approx(4.0, abs=1e-4)
    assert float(density(points[:0], (8, 16), spread).sum()) == 0.0


def test_a_blob_lies_where_its_point_is():
    found = density(torch.tensor([[11.5, 2.5]]), (8, 16), 0.7)
    assert divmod(int(found.argmax()), 16) == (2, 11)


def test_scenes_repeat_and_their_maps_hold_the_count(task):
    again = load(options=SMALL)
    one, two = (t.batch("train", 4, torch.Generator().manual_seed(1)) for t in (task, again))
    assert torch.equal(one.inputs, two.inputs)
    assert task.record() == again.record()
    sums = one.targets.sum((1, 2, 3))
    assert torch.allclose(sums, sums.round(), atol=1e-3)
    assert bool((sums.round() >= 2).all())


def test_perfect_and_mean_and_dead_answers_are_scored(task):
    pictures = task._pictures["test"]

    def perfect(images):
        place = [int((pictures.images == image).flatten(1).all(1).nonzero()[0]) for image in images]
        return pictures.maps[place]

    assert task.evaluate(perfect, "test")["MAE"] == pytest.approx(0.0, abs=1e-3)
    mean = float(task._pictures["train"].counts.mean())
    flat = task.evaluate(lambda x: torch.full((len(x), 1, 32, 32), mean / 1024), "test")
    assert flat[CONSTANT] == 1.0
    assert flat["MAE"] == pytest.approx(task.baseline("test")["MAE"], rel=1e-3)
    dead = task.evaluate(lambda x: torch.zeros(len(x), 1, 32, 32), "test")
    assert dead[CONSTANT] == 1.0
    assert dead["RMSE"] >= dead["MAE"] > flat["MAE"]
    assert task.evaluate(torch.relu, "test")[CONSTANT] == 0.0


# -- folders ------------------------------------------------------------------------------------


def picture(path, seed, sides=(20, 10)):
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (sides[1], sides[0], 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)


def shanghai(path, points):
    """A file as ShanghaiTech ships them: a cell that holds a struct."""
    from scipy.io import savemat

    path.parent.mkdir(parents=True, exist_ok=True)
    inner = np.empty((1, 1), dtype=[("location", object), ("number", object)])
    inner[0, 0] = (np.array(points, dtype=float).reshape(-1, 2), np.array([[len(points)]]))
    cell = np.empty((1, 1), dtype=object)
    cell[0, 0] = inner
    savemat(path, {"image_info": cell})


def points_of(number):
    return [[2.0 * i, 1.0] for i in range(number)]


FORMS = {
    "json": json.dumps,
    "named.json": lambda p: json.dumps({"points": [{"x": x, "y": y} for x, y in p]}),
    "csv": lambda p: "x,y\n" + "".join(f"{x},{y}\n" for x, y in p),
}


@pytest.mark.parametrize("form", [*FORMS, "mat", "ann.mat", "one.json", "one.csv"])
def test_every_form_of_annotations_is_read(tmp_path, form):
    every = {}
    for number in range(6):
        name = f"IMG_{number}"
        picture(tmp_path / "images" / f"{name}.png", number)
        points = every[f"{name}.png"] = points_of(number)
        beside = tmp_path / "ground_truth"
        beside.mkdir(exist_ok=True)
        if form in FORMS:
            suffix = form.rpartition(".")[2]
            (beside / f"{name}.{suffix}").write_text(FORMS[form](points))
        elif form == "mat":
            shanghai(beside / f"GT_{name}.mat", points)
        elif form == "ann.mat":
            from scipy.io import savemat

            savemat(beside / f"{name}_ann.mat", {"annPoints": np.array(points).reshape(-1, 2)})
    if form == "one.json":
        (tmp_path / "points.json").write_text(json.dumps(every))
    if form == "one.csv":
        rows = [f"{n},{x},{y}" for n, p in every.items() for x, y in p or [("", "")]]
        (tmp_path / "points.csv").write_text("\n".join(["image,x,y", *rows]))
    task = load(str(tmp_path), options=SMALL)
    counts = torch.cat([pictures.counts for pictures in task._pictures.values()])
    assert sorted(counts.tolist()) == [0, 1, 2, 3, 4, 5]
    for pictures in task._pictures.values():
        assert torch.allclose(pictures.maps.double().sum((1, 2, 3)), pictures.counts, atol=1e-3)
    assert task.shape == (3, 16, 16)


def test_points_follow_the_picture_to_its_size(tmp_path):
    for number in range(3):
        picture(tmp_path / f"a{number}.png", number, sides=(40, 10))
        (tmp_path / f"a{number}.json").write_text("[[39.0, 1.0]]")
    task = load(str(tmp_path), options=CountingOptions(size=8, spread=0.5))
    for pictures in task._pictures.values():
        assert {int(m.argmax()) for m in pictures.maps} == {7}


def test_given_parts_are_kept_and_share_no_picture(tmp_path):
    for number in range(12):
        picture(tmp_path / "train_data" / "images" / f"IMG_{number}.jpg", number)
        shanghai(tmp_path / "train_data" / "ground_truth" / f"GT_IMG_{number}.mat", points_of(2))
    for number in (0, 20, 21):  # the first is a copy of a training picture
        picture(tmp_path / "test_data" / "images" / f"IMG_{number}.jpg", number)
        shanghai(tmp_path / "test_data" / "ground_truth" / f"GT_IMG_{number}.mat", points_of(1))
    task = load(str(tmp_path), options=SMALL)
    sizes = {part: len(pictures) for part, pictures in task._pictures.items()}
    assert sizes == {"train": 10, "search": 1, "test": 3}
    assert task._pictures["test"].counts.tolist() == [1.0, 1.0, 1.0]
    assert "test/ tests" in task.describe()["split"]


def test_contents_decide_the_parts_and_changes_are_noticed(tmp_path):
    for number in range(8):
        picture(tmp_path / f"{number}.png", number)
        (tmp_path / f"{number}.json").write_text("[]")
    before = load(str(tmp_path), options=SMALL).record()
    assert load(str(tmp_path), options=SMALL).record() == before
    (tmp_path / "3.json").write_text("[[1, 1]]")
    assert load(str(tmp_path), options=SMALL).record() != before


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("a.json", "[[1, 2, 3]]", "shape"),
        ("a.json", "[[1, 2], [3]]", "pairs of numbers"),
        ("a.json", '[["x", "y"]]', "pairs of numbers"),
        ("a.json", "[[NaN, 1]]", "cannot be read"),
        ("a.json", "{", "cannot be read"),
        ("a.json", "[[1e3, 1]]", "outside"),
        ("a.csv", "x,y\n1,2\nleft,right\n", "line 3"),
        ("a.mat", "no matlab", "cannot be read"),
    ],
)
def test_annotations_that_are_none_are_refused(tmp_path, file, content, told):
    for name in ("a", "b", "c"):
        picture(tmp_path / f"{name}.png", ord(name))
        if name != "a":
            (tmp_path / f"{name}.json").write_text("[]")
    (tmp_path / file).write_text(content)
    with pytest.raises(UsageError, match=told) as refused:
        load(str(tmp_path), options=SMALL)
    assert "a." in str(refused.value)


def test_objects_in_a_matlab_file_are_not_run(tmp_path):
    from scipy.io import savemat

    for name in ("a", "b", "c"):
        picture(tmp_path / f"{name}.png", ord(name))
        savemat(tmp_path / f"{name}.mat", {"image_info": np.array([{"a": 1}], dtype=object)})
    with pytest.raises(UsageError, match="cannot be read"):
        load(str(tmp_path), options=SMALL)


def test_pictures_without_annotations_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        load(str(tmp_path / "missing"), options=SMALL)
    with pytest.raises(UsageError, match="no pictures"):
        load(str(tmp_path), options=SMALL)
    picture(tmp_path / "a.png", 1)
    with pytest.raises(UsageError, match=r"no annotations; add a\.json"):
        load(str(tmp_path), options=SMALL)
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(UsageError, match="at least three"):
        load(str(tmp_path), options=SMALL)
    (tmp_path / "b.png").write_text("no picture")
    (tmp_path / "b.json").write_text("[]")
    picture(tmp_path / "c.png", 3)
    (tmp_path / "c.json").write_text("[]")
    with pytest.raises(UsageError, match=r"b\.png.*cannot be read"):
        load(str(tmp_path), options=SMALL)


def test_a_small_file_with_endless_pixels_is_refused_before_they_are_there(tmp_path):
    image = pytest.importorskip("PIL.Image")
    from monas_core.parts.picture_folder import read_pixels

    image.new("1", (16_500, 16_500)).save(tmp_path / "bomb.png")
    with pytest.raises(UsageError, match=r"bomb\.png.*pixels"):
        read_pixels(tmp_path / "bomb.png", 32, "task")

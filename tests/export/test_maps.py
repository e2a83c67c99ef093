"""Networks that draw maps are used from their files alone: a count, and a map for each head."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from monas_core.catalog.lookup import Catalog
from monas_core.export import asking, formats
from monas_core.export.pictures import prepared as shown
from monas_core.export.subject import Subject, prepared
from monas_core.seeding import seeded_construction

Asked = Callable[..., list[dict[str, Any]]]

CATALOG = Catalog.installed()


def exported(
    space: str, task: str, options: dict[str, Any], form: str, out: Path
) -> tuple[Subject, torch.nn.Module]:
    """The smallest network of a space, untrained, written to a file."""
    made, teaches = CATALOG.create("space", space), CATALOG.create("task", task, options)
    architecture, entry = made.ends().smallest, CATALOG.find("space", space)
    with seeded_construction(0):
        network = made.build(architecture, teaches).eval()
    given = prepared(
        made, teaches, architecture, network,
        seed=0, capabilities=entry.spec.provides, facts={"weights": "given"},
    )  # fmt: skip
    formats.export(given, formats.find(CATALOG, form), out)
    return given, network


def test_things_in_a_picture_are_counted_without_monas(asked: Asked, tmp_path: Path) -> None:
    model = tmp_path / "counter.onnx"
    given, network = exported("count", "counting", {"scenes": 12}, "onnx", model)
    pixels = np.random.default_rng(0).integers(0, 255, (32, 32)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels).resize((50, 40)).convert("RGB").save(tmp_path / "b.png")
    same, other = asked(model, tmp_path / "a.png", tmp_path / "b.png")
    assert given.usage is not None
    facts = given.usage.facts
    inputs = (torch.from_numpy(pixels / 255.0).float() - facts["mean"][0]) / facts["deviation"][0]
    with torch.no_grad():
        wanted = network(inputs[None, None])[0, 0]
    assert same["answer"] == pytest.approx(float(wanted.sum()), rel=1e-3)
    assert np.array(same["map"]) == pytest.approx(wanted.numpy(), abs=1e-5)
    assert np.array(other["map"]).shape == (32, 32)
    (again,) = asking.ask(model, [str(tmp_path / "a.png")], CATALOG)
    assert again["answer"] == pytest.approx(same["answer"], rel=1e-4)


def test_both_maps_of_a_picture_are_drawn_without_monas(asked: Asked, tmp_path: Path) -> None:
    model = tmp_path / "two heads.pt2"
    _, network = exported("fusion", "multitask", {"pictures": 8}, "pt2", model)
    pixels = np.random.default_rng(0).normal(size=(16, 16, 2)).astype(np.float32)
    np.save(tmp_path / "a.npy", pixels)
    (found,) = asked(model, tmp_path / "a.npy")
    with torch.no_grad():
        wanted = network(torch.from_numpy(pixels).permute(2, 0, 1)[None])
    labels = wanted["seg"][0].argmax(0)
    assert (np.array(found["maps"]["seg"]) == labels.numpy()).mean() > 0.99
    assert sum(found["answer"]["seg"].values()) == pytest.approx(1.0)
    normals = torch.nn.functional.normalize(wanted["normal"][0], dim=0)
    assert np.array(found["maps"]["normal"]) == pytest.approx(normals.numpy(), abs=1e-4)
    (again,) = asking.ask(model, [str(tmp_path / "a.npy")], CATALOG)
    assert again["maps"]["seg"] == found["maps"]["seg"]


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    usage = {"shape": [2, 4, 4], "mean": [0, 0], "deviation": [1, 1]}
    (tmp_path / "noise.png").write_bytes(b"noise")
    (tmp_path / "noise.npy").write_bytes(b"noise")
    np.save(tmp_path / "other.npy", np.zeros((4, 4, 3)))
    for name, told in (
        ("noise.png", "no picture"),
        ("noise.npy", "no array"),
        ("other.npy", "height x width x 2"),
        ("missing.png", "no picture"),
    ):
        with pytest.raises(ValueError, match=told):
            shown(str(tmp_path / name), usage)

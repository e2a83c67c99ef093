"""What monas says about a file or folder before any run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image


def pictures(root: Path) -> Path:
    for part in ("train", "test"):
        for kind in ("cats", "dogs"):
            (root / part / kind).mkdir(parents=True)
            for number in range(5):
                noise = np.random.default_rng(hash((part, kind, number)) % 2**32)
                pixels = noise.integers(0, 255, (12, 12, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / part / kind / f"{number}.png")
    (root / "train" / "cats" / "cut.jpg").write_bytes(b"")
    return root


def test_a_folder_of_pictures(cli, tmp_path: Path) -> None:
    root = pictures(tmp_path / "pets [v1]")
    found = json.loads(cli("data", root, "--json").out)
    (images,) = [r for r in found["readings"] if r["fits"]]
    assert images["task"] == f"imagefolder:{root}"
    assert images["classes"]["cats"] == {"train": 4, "search": 1, "test": 5}
    assert images["left_out"] == {str(root / "train" / "cats" / "cut.jpg"): "the file is empty"}
    shown = cli("data", root)
    assert shown.code == 0
    assert "cats (4+1+5), dogs (4+1+5)" in shown.out
    assert "Not as text" in shown.out


def test_a_text_and_nothing(cli, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("".join(f"line {n * n} of a text\n" for n in range(900)))
    found = json.loads(cli("data", file, "--json").out)
    assert [r["name"] for r in found["readings"] if r["fits"]] == ["text"]
    missing = cli("data", tmp_path / "gone", "--json")
    assert (missing.code, missing.out) == (2, "")
    assert "There is no file or folder" in missing.err
    assert "gone" in missing.err

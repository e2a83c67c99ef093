"""Every valid picture stays what it is: a ramp a ramp, ink visible, top at the top."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from monas_vision.checking import look_at
from monas_vision.decoding import decode

SIDE = 64
RAMP = np.tile(np.linspace(0, 1, SIDE), (SIDE, 1))


def shown(image: Image.Image, file: Path, **how: object) -> np.ndarray:
    image.save(file, **how)  # pyright: ignore
    found = decode(str(file), 32, None)
    assert found is not None
    return found.numpy().astype(int)


SIXTEEN = [("png", np.uint16, 65535), ("tif", np.uint16, 65535), ("pgm", np.uint16, 65535)]
FLOATS = [("tif", np.float32, 1), ("tif", np.float32, 255), ("tif", np.float32, 65535)]
LONG = [("tif", np.int32, 255), ("tif", np.int32, 65535)]


@pytest.mark.parametrize(("suffix", "kind", "white"), [*SIXTEEN, *FLOATS, *LONG])
@pytest.mark.parametrize("turned", [False, True])
def test_a_ramp_stays_a_ramp(
    tmp_path: Path, suffix: str, kind: type, white: int, turned: bool
) -> None:
    ramp = RAMP.T if turned else RAMP
    found = shown(Image.fromarray((ramp * white).astype(kind)), tmp_path / f"r.{suffix}")
    plain = shown(Image.fromarray((ramp * 255).astype(np.uint8)), tmp_path / "plain.png")
    assert np.abs(found - plain).max() <= 3
    assert len(np.unique(found)) > 20


def test_dark_pictures_of_16_bits_stay_dark(tmp_path: Path) -> None:
    found = shown(Image.fromarray((RAMP * 6553).astype(np.uint16)), tmp_path / "dark.png")
    assert 20 <= found.max() <= 26


def test_signed_and_unusual_floats_keep_their_contrast(tmp_path: Path) -> None:
    for low, high in ((-1.0, 1.0), (-300.0, 900.0), (0.0, 1e6)):
        values = (low + RAMP * (high - low)).astype(np.float32)
        found = shown(Image.fromarray(values), tmp_path / "f.tif")
        assert found.min() < 20
        assert found.max() > 235


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
@pytest.mark.parametrize("ink", [0, 60, 200, 255])
def test_ink_on_transparency_is_seen(tmp_path: Path, mode: str, ink: int) -> None:
    drawing = np.zeros((SIDE, SIDE, 4), np.uint8)
    drawing[..., :3] = ink  # the colour under transparent places is that of the ink
    drawing[20:44, 20:44, 3] = 255
    image = Image.fromarray(drawing)
    file = tmp_path / "ink.png"
    if mode == "P":
        indices = Image.fromarray((drawing[..., 3] > 0).astype(np.uint8))
        indices.putpalette([ink, ink, ink] * 2)
        found = shown(indices, file, transparency=0)
    else:
        found = shown(image.convert(mode), file)
    assert abs(found[:, 16, 16] - ink).max() <= 1
    assert abs(found[:, 1, 1] - ink).min() >= 100


def test_the_ground_can_be_chosen(tmp_path: Path) -> None:
    Image.new("RGBA", (16, 16), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    for ground, tone in (("white", 255), ("black", 0), ("grey", 128)):
        found = decode(str(tmp_path / "clear.png"), 8, None, ground=ground)
        assert found is not None
        assert found.unique().tolist() == [tone]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_orientation_is_applied(tmp_path: Path, orientation: int, suffix: str) -> None:
    upright = np.zeros((SIDE, SIDE, 3), np.uint8)
    upright[: SIDE // 2, : SIDE // 2] = 255  # white at the top left
    undo = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270}  # fmt: skip
    stored = Image.fromarray(upright)
    if orientation in undo:
        stored = stored.transpose(undo[orientation])
    exif = stored.getexif()
    exif[0x0112] = orientation
    found = shown(stored, tmp_path / f"turned.{suffix}", exif=exif)
    assert found[:, 4, 4].min() > 240
    assert max(found[:, 4, 28].max(), found[:, 28, 4].max(), found[:, 28, 28].max()) < 15


def test_an_animation_shows_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ((250, 0, 0), (0, 250, 0))]
    for suffix in ("gif", "webp", "png"):
        file = tmp_path / f"moving.{suffix}"
        frames[0].save(file, save_all=True, append_images=frames[1:])
        found = decode(str(file), 8, None)
        assert found is not None
        assert found[0].min() > 230
        assert found[1].max() < 20


def test_values_that_are_no_numbers_are_refused_by_name(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), np.nan, np.float32)).save(tmp_path / "nan.tif")
    file = str(tmp_path / "nan.tif")
    assert "no numbers" in look_at([file], decode=True)[0].fault
    assert decode(file, 8, None) is None


def test_large_pictures_are_read_up_to_a_limit_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "large.png"
    Image.new("1", (14_000, 14_000), 1).save(file)  # 196 megapixels, more than Pillow's bound
    assert look_at([str(file)], decode=False)[0].fault == ""
    refused = look_at([str(file)], decode=True, megapixels=100)[0].fault
    assert "196 megapixels, more than options.task.megapixels=100" in refused

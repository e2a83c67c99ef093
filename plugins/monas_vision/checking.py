"""What is wrong with image files, and which are the same picture, found before anything trains.

Folders of few files are decoded in full. In larger ones beginning and end of each file are
read, and only what looks cut off is decoded; a file damaged in its middle is then met later.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import attrs
import numpy as np
from PIL import Image

from monas_vision.pixels import MEGAPIXELS, Unreadable, opened, picture

WHOLE = 4 << 20
"""Bytes up to which a file's digest is of all of it; of larger ones, of both ends and the size."""
_EDGE = 1 << 18
_ENDS: Mapping[str, bytes] = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
_TAIL = 4096
_SIDE = 8
"""Differences per row of a near-duplicate hash."""
_FLAT = 4.0
"""Deviation of grey levels below which a picture has no features to be compared by."""
_NEAR = 3
"""Bits of 64 that two pictures may differ in and still be near-duplicates."""


@attrs.frozen
class Look:
    """What was found out about a file.

    Attributes:
        path: Of the file.
        fault: Why it cannot be shown; empty where it can.
        digest: Of its contents.
        pixels: Digest of the decoded picture, where it was decoded.
        features: 64 bits that similar pictures share (dHash: whether brightness rises from
            pixel to pixel of a 9 x 8 thumbnail), where it was decoded and is not flat.
        side: Its shorter side in pixels, where it can be shown.
    """

    path: str
    fault: str = ""
    digest: str = ""
    pixels: str = ""
    features: int | None = None
    side: int = 0


def look_at(
    paths: Sequence[str],
    *,
    decode: bool,
    ground: str = "auto",
    megapixels: float = MEGAPIXELS,
    workers: int = 8,
) -> list[Look]:
    """Look at files, in order.

    Args:
        paths: Of the files.
        decode: Whether to decode all, or only what looks cut off.
        ground: Under transparent places.
        megapixels: Of the largest picture that is decoded.
        workers: Threads.
    """

    def look(path: str) -> Look:
        try:
            digest = _digest(path)
            found = _decoded(path, ground, megapixels) if decode else _glance(path, megapixels)
            return attrs.evolve(found, digest=digest)
        except Unreadable as reason:
            return Look(path, str(reason))
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            return Look(path, "the link leads nowhere" if missing else str(error.strerror))

    with ThreadPoolExecutor(workers, thread_name_prefix="check") as pool:
        return list(pool.map(look, paths))


def _digest(path: str) -> str:
    size = os.stat(path).st_size  # noqa: PTH116 - millions of files
    with open(path, "rb") as stream:  # noqa: PTH123
        if size <= WHOLE:
            return hashlib.sha256(stream.read()).hexdigest()
        found = hashlib.sha256(str(size).encode() + stream.read(_EDGE))
        stream.seek(-_EDGE, os.SEEK_END)
        found.update(stream.read())
        return found.hexdigest()


def _decoded(path: str, ground: str, megapixels: float) -> Look:
    with opened(path, megapixels) as found:
        image = picture(found, ground)
    content = f"{image.size}".encode() + image.tobytes()
    digest = hashlib.sha256(content).hexdigest()
    return Look(path, pixels=digest, features=_features(image), side=min(image.size))


def _glance(path: str, megapixels: float) -> Look:
    """Header and end only, unless the end looks cut off."""
    with opened(path, megapixels) as found:
        form = found.format or ""
        if not _ends_well(path, form):
            picture(found)
        elif form not in _ENDS:
            found.load()  # kinds without a mark at their end
        return Look(path, side=min(found.size))


def _ends_well(path: str, form: str) -> bool:
    end = _ENDS.get(form)
    if end is None:
        return True
    with open(path, "rb") as stream:  # noqa: PTH123
        stream.seek(0, os.SEEK_END)
        stream.seek(-min(_TAIL, stream.tell()), os.SEEK_CUR)
        return end in stream.read()


def _features(image: Image.Image) -> int | None:
    small = image.convert("L").resize((_SIDE + 1, _SIDE), Image.Resampling.BOX)
    grey = np.asarray(small, dtype=np.int16)
    if grey.std() < _FLAT:
        return None
    bits = (grey[:, 1:] > grey[:, :-1]).ravel()  # (64,)
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def same(looks: Iterable[Look]) -> list[list[Look]]:
    """Files grouped by picture: equal bytes, or equal pixels, each group sorted by digest.

    The order of groups depends on contents alone, not on names or places.
    """
    leader: dict[str, str] = {}  # any digest to the first digest of its group
    groups: dict[str, list[Look]] = defaultdict(list)
    ordered = sorted(looks, key=lambda look: (look.digest, look.path.rpartition(os.sep)[2]))
    for look in ordered:
        marks = [look.digest, *([look.pixels] if look.pixels else [])]
        first = next((leader[mark] for mark in marks if mark in leader), look.digest)
        leader.update(dict.fromkeys(marks, first))
        groups[first].append(look)
    return list(groups.values())


def near(groups: Sequence[Sequence[Look]]) -> list[tuple[int, int]]:
    """Pairs of groups whose pictures nearly are the same, by place in ``groups``.

    Two hashes that differ in at most three bits share one of four quarters, so only pictures
    that do are compared.
    """
    bands: dict[tuple[int, int], list[int]] = defaultdict(list)
    hashes = [group[0].features for group in groups]
    found: set[tuple[int, int]] = set()
    for place, bits in enumerate(hashes):
        if bits is None:
            continue
        for band in range(4):
            mates = bands[band, (bits >> (16 * band)) & 0xFFFF]
            for mate in mates[-50:]:  # thousands of pictures that are all alike are told by fewer
                other = hashes[mate]
                if other is not None and (bits ^ other).bit_count() <= _NEAR:
                    found.add((mate, place))
            mates.append(place)
    return sorted(found)

"""CIFAR-10 from its published binary files (Krizhevsky, 2009): ``cifar10:PATH``.

Each file holds 10,000 records of one label byte and 3,072 pixel bytes: 32 x 32 red, then
green, then blue.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_core.values.data import Item, Source
from monas_vision.augmentation import CropAndFlip
from monas_vision.classification import ImageClassification
from monas_vision.images import StoredImages

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
TRAINING = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = "test_batch.bin"
SHAPE = (3, 32, 32)
RECORDS = 10_000
RECORD = 1 + 3 * 32 * 32
FOLDER = "cifar-10-batches-bin"
"""What the published archive unpacks to; its parent will do as PATH."""
HELD_BACK = 10
"""Every tenth training image is searched with instead of trained on."""


def load(argument: str | None = None) -> ImageClassification:
    """The task ``cifar10:PATH``.

    Raises:
        UsageError: No path, or a file that is missing, unreadable or not what it should be.
    """
    if not argument:
        raise UsageError(
            'Task "cifar10" needs the folder of the binary files (data_batch_1.bin, ...), '
            "got none; write cifar10:PATH."
        )
    folder = _folder(argument)
    read = [_records(folder / name) for name in TRAINING]
    images, labels = (torch.cat(tensors) for tensors in zip(*read, strict=True))
    searched = torch.arange(len(labels)) % HELD_BACK == HELD_BACK - 1
    parts: dict[Part, tuple[Tensor, Tensor]] = {
        "train": (images[~searched], labels[~searched]),
        "search": (images[searched], labels[searched]),
        "test": _records(folder / TEST),
    }
    # as many images tell how well a network fits what it was trained on
    few = len(parts["search"][1])
    seen = tuple(tensor[:few] for tensor in parts["train"])
    judged: dict[Part, tuple[Tensor, Tensor]] = {**parts, "train": (seen[0], seen[1])}
    stored = StoredImages(CLASSES, parts, judged, augment=CropAndFlip(margin=4))
    facts = {
        "source": f"CIFAR-10, binary version, {folder.resolve()}",
        "augmentation": "moved by up to 4 pixels, mirrored",
        "split": f"every {HELD_BACK}th training image is searched with; the test files test",
    }
    files = {
        name: Item(hashlib.sha256((folder / name).read_bytes()).hexdigest(), RECORDS)
        for name in (*TRAINING, TEST)
    }
    data = stored.record(
        Source(argument, str(Path(argument).expanduser().absolute()), "file", files)
    )
    return ImageClassification(f"cifar10:{argument}", stored, facts=facts, data=data)


def _folder(argument: str) -> Path:
    """The folder that holds the files. Raises UsageError where one is missing."""
    path = Path(argument).expanduser()
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    if not folder.is_dir():
        raise UsageError(f'Task cifar10:{argument}: there is no folder "{path}"; check the path.')
    missing = [name for name in (*TRAINING, TEST) if not (folder / name).is_file()]
    if missing:
        python = (folder / TRAINING[0]).with_suffix("").is_file()
        remedy = (
            "these are the pickled Python files; take the binary version"
            if python
            else "give the folder that cifar-10-binary.tar.gz unpacks to"
        )
        raise UsageError(
            f'Task cifar10:{argument}: "{folder}" lacks {", ".join(missing)}; {remedy}.'
        )
    return folder


def _records(file: Path) -> tuple[Tensor, Tensor]:
    """Images ``(10000, 3, 32, 32)`` uint8 and labels ``(10000,)`` int64 of one file."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(
            f'Task cifar10: "{file}" cannot be read ({error.strerror}); change its mode.'
        ) from error
    if len(content) != RECORDS * RECORD:
        raise UsageError(
            f'Task cifar10: "{file}" holds {len(content)} bytes instead of {RECORDS * RECORD} '
            f"({RECORDS} images of {RECORD} bytes); download it again."
        )
    records = torch.frombuffer(bytearray(content), dtype=torch.uint8).reshape(RECORDS, RECORD)
    labels = records[:, 0].long()
    if int(labels.max()) >= len(CLASSES):
        raise UsageError(
            f'Task cifar10: "{file}" has a label {int(labels.max())}, labels go from 0 to '
            f"{len(CLASSES) - 1}; it is damaged or another data set, download it again."
        )
    return records[:, 1:].reshape(RECORDS, *SHAPE), labels

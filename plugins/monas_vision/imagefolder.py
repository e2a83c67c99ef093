"""A person's own images, or ImageNet: ``imagefolder:PATH``, one folder per class."""

from __future__ import annotations

from pathlib import Path

from monas_core.errors import UsageError
from monas_vision.classification import ImageClassification
from monas_vision.folder import FolderImages
from monas_vision.listing import listing
from monas_vision.options import FolderOptions


def load(
    argument: str | None = None, *, options: FolderOptions | None = None
) -> ImageClassification:
    """The task ``imagefolder:PATH``.

    Raises:
        UsageError: No path, no such folder, or its layout is not understood.
    """
    if not argument:
        raise UsageError(
            'Task "imagefolder" needs a folder of class folders, got none; write imagefolder:PATH.'
        )
    name, root = f"Task imagefolder:{argument}", Path(argument).expanduser()
    if not root.is_dir():
        raise UsageError(f'{name}: there is no folder "{root}"; check the path.')
    files = listing(root, name)
    images = FolderImages(files, options or FolderOptions(), name)
    facts = {
        "source": str(root.resolve()),
        "shown": "random pieces in training, centres in evaluation",
        "split": files.split,
    }
    return ImageClassification(f"imagefolder:{argument}", images, facts=facts)

"""Packages beyond the base install."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from monas_core.errors import MissingPackage


def require_packages(what: str, packages: Mapping[str, str]) -> None:
    """Refuse to begin where an optional package is missing.

    Args:
        what: Needs them; begins the sentence.
        packages: Import name to pip requirement.

    Raises:
        MissingPackage: Naming the first missing package and how to install it.
    """
    for package, requirement in packages.items():
        if importlib.util.find_spec(package.partition(".")[0]) is None:
            raise MissingPackage(
                f"{what} needs the package {package}; install it: pip install '{requirement}'."
            )


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """While this lasts the package transformers logs errors alone and draws no progress bars.

    Its switches belong to the process, so they are put back as they were.
    """
    _set_broken_vision_aside()
    from transformers.utils import logging

    level, drawing = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if drawing:
            logging.enable_progress_bar()


def _set_broken_vision_aside() -> None:
    """Hide a torchvision that was built for another torch and fails on import.

    The package transformers imports it for every model as soon as it is installed.
    """
    try:
        importlib.import_module("torchvision")
    except ImportError:
        return
    except Exception:  # noqa: BLE001 - a missing operator is a RuntimeError
        sys.modules["torchvision"] = None  # pyright: ignore[reportArgumentType]

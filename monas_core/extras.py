"""Packages beyond the base install."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

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

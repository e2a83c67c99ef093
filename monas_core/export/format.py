"""One way to ship a network: the interface that formats implement."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from monas_core.export.subject import Subject


class Format(ABC):
    """Writes a network, reads it back as a stranger would, and compares.

    Attributes:
        suffix: Of the file; "" where a folder is written.
        loader: Import path of a module that stands alone: it imports numpy and ``packages``
            and nothing of monas. Its ``load(path)`` gives a function from a tree of arrays to a
            tree of arrays. Its text is shipped with the network.
        packages: What pip installs for the loader.

    Example:
        >>> class Weights(Format):
        ...     suffix = ".npz"
        ...     loader = "my_package.weights_loader"
        ...     packages = ("numpy",)
        ...
        ...     def write(self, subject, path):
        ...         numpy.savez(path, **arrays(subject.network))
        ...         return {"check": compare(subject, answer(path), "weights")}
    """

    suffix: ClassVar[str] = ""
    loader: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ("torch", "numpy")

    @abstractmethod
    def write(self, subject: Subject, path: Path) -> dict[str, Any]:
        """Write the network to a path that is free: a file, or a folder to make.

        Args:
            subject: The network, and what it is compared on.
            path: With the final name, in a folder of its own; what lies beside it when this
                returns is moved along.

        Returns:
            Facts for a person: ``check`` as ``compare`` gives it, and whatever the format
            knows (free dimensions, latency).

        Raises:
            UsageError: This network has no such form; says what is in the way.
            MonasError: What was written answers otherwise.
        """

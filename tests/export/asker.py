"""Runs an exported model's own worked example in a process that refuses to import monas.

Words: the path of ``predict.py``, then what it is given.
"""

from __future__ import annotations

import runpy
import sys
import warnings
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any


class Refusal(MetaPathFinder):
    """monas is not installed here."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if fullname.partition("_")[0] == "monas" or fullname.startswith("monas."):
            raise ModuleNotFoundError(fullname)


sys.meta_path.insert(0, Refusal())
warnings.simplefilter("ignore")
sys.modules["torchvision"] = None  # pyright: ignore - one that was built for another torch
script = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(script.parent))
sys.argv = [str(script), *sys.argv[2:]]
runpy.run_path(str(script), run_name="__main__")
assert not [name for name in sys.modules if name.startswith("monas")]

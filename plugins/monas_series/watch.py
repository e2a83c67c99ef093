"""The data that are there without a file: shoulder exercises, recorded by a smartwatch.

Burns et al., "Shoulder Physiotherapy Exercise Recognition: Machine Learning the Inertial Signals
from a Smartwatch", arXiv 1802.01489. 140 recordings of ten people, six channels (acceleration
and rotation) at 50 Hz, seven exercises; they come with the package seglearn (BSD).
"""

from __future__ import annotations

import importlib.util
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from monas_core.errors import UsageError
from monas_core.extras import require_packages
from monas_series.recordings import Stretch

EXTRA = {"seglearn": "monas[series]"}
_PLAIN = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}
"""All that arrays, lists and texts are put together with."""


class _Plain(pickle.Unpickler):
    """Reads arrays, lists and texts and nothing that could do anything."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _PLAIN:
            raise pickle.UnpicklingError(f"{module}.{name} is no plain array")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def load() -> tuple[tuple[str, ...], list[Stretch], bytes]:
    """Names of the channels, the recordings with person and exercise, and what was read.

    Raises:
        UsageError: The package is missing, or its file is another.
    """
    require_packages('Task "series" without a PATH (its own data)', EXTRA)
    spec = importlib.util.find_spec("seglearn")
    places = list(spec.submodule_search_locations or []) if spec else []
    path = Path(places[0] if places else ".", "data", "watch_dataset.npy")
    try:
        content = path.read_bytes()
        stream = io.BytesIO(content)
        np.lib.format.read_magic(stream)
        np.lib.format.read_array_header_1_0(stream)
        data = _Plain(stream).load().item()
        people = [f"person {number}" for number in data["subject"]]
        labels = [str(data["y_labels"][number]) for number in data["y"]]
        values = [np.asarray(rows, dtype=np.float32) for rows in data["X"]]
        channels = tuple(str(name) for name in data["X_labels"])
    except (OSError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise UsageError(
            f"{path} is not the data that the package seglearn comes with ({error}); install it "
            "again: pip install --force-reinstall 'monas[series]'."
        ) from error
    told = zip(people, values, labels, strict=True)
    return channels, [Stretch(who, rows, label) for who, rows, label in told], content

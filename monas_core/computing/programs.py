"""Programs of ``torch.export`` from strangers: looked through before torch reads them.

``torch.export.load`` trusts its file: it unpickles what does not load otherwise, evaluates
expressions of sizes and guards as Python, and calls whatever below ``torch`` a node names.
"""

from __future__ import annotations

import ast
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from monas_core.files import parse_json

_LARGEST = 1 << 28
"""Bytes of a document of the program."""
_CALLED = re.compile(
    r"torch\.ops\.(aten|prims|higher_order|quantized_decomposed|torchvision)\.\w+(\.\w+)?"
    r"|_operator\.(add|sub|mul|truediv|floordiv|mod|neg|pos|pow|eq|ne|lt|le|gt|ge|getitem"
    r"|and_|or_|xor|not_|is_|is_not)"
    r"|math\.\w+|torch\.(_?sym_\w+)"
)
_REACHES_OUT = re.compile(r"\b(from_file|load_library|save|load)\b")
_STORED = re.compile(r"(tensor|weight)_\d+")
_NAME = re.compile(r"[\w.@]*")
_TEXT = re.compile(r"[\w.+-]*")
"""What an expression may quote: sympy evaluates the texts it is handed as Python, too."""
_FUNCTIONS = frozenset(
    "Symbol Integer Float Rational Add Mul Pow Mod PythonMod FloorDiv CeilDiv CleanDiv "
    "ModularIndexing Max Min Abs Eq Ne Lt Le Gt Ge And Or Not Piecewise Where floor ceiling "
    "FloorToInt CeilToInt TruncToInt RoundToInt RoundDecimal IntTrueDiv FloatTrueDiv FloatPow "
    "PowByNatural ToFloat Identity sqrt OpaqueUnaryFn_sqrt len".split()
)
"""Of sympy and of torch's expressions of sizes."""
_METHODS = frozenset(("size", "stride", "storage_offset", "dim", "numel", "shape"))
_PARTS = (
    ast.Expression, ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name, ast.Load,
    ast.Subscript, ast.Constant, ast.Attribute, ast.keyword, ast.Tuple, ast.List, ast.operator,
    ast.boolop, ast.unaryop, ast.cmpop,
)  # fmt: skip


def load_program(path: Path, about: dict[str, Any] | None = None) -> Any:
    """A program of ``torch.export``, nothing in it unpickled or evaluated that is more than sizes.

    Args:
        path: The file.
        about: Names of files beside the program, filled with what they hold.

    Raises:
        ValueError: It would do something else than compute; torch raises more where it is none.
    """
    check_program(path)
    with _weights_only():
        return torch.export.load(path, extra_files=about)


def check_program(path: Path) -> None:
    """Look a file through. Raises ValueError, or OSError where it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                name = entry.filename
                if name.split("/")[1:2] == ["extra"]:
                    continue  # words beside the program
                constant = name.partition("/constants/")[2]
                if name.endswith(".json"):
                    if entry.file_size > _LARGEST:
                        raise ValueError(f"{name:.60} is too large")
                    _check(parse_json(archive.read(entry)), "")
                elif constant and not _STORED.fullmatch(constant):
                    raise ValueError(f"it holds an object to unpickle ({constant:.40})")
    except zipfile.BadZipFile as error:
        raise ValueError("it is no archive") from error


def _check(value: Any, key: str) -> None:
    """One part of the document of a program."""
    if isinstance(value, dict):
        for name, part in value.items():
            _check(part, str(name))
    elif isinstance(value, list):
        for part in value:
            _check(part, key)
    elif isinstance(value, str):
        if key == "target" and (not _CALLED.fullmatch(value) or _REACHES_OUT.search(value)):
            raise ValueError(f"it calls {value!r:.60}, which is no computation")
        if key == "path_name" and not _STORED.fullmatch(value):
            raise ValueError(f"it holds an object to unpickle ({value:.40})")
        if key == "name" and not _NAME.fullmatch(value):
            raise ValueError(f"{value!r:.60} is no name")
        if key in ("expr_str", "guards_code") and not _of_sizes(value):
            raise ValueError(f"{value!r:.60} is no expression of sizes")


def _of_sizes(text: str) -> bool:
    """Whether an expression is arithmetic on sizes, and evaluating it does nothing else."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(part, _PARTS) and _harmless(part) for part in ast.walk(tree))


def _harmless(part: ast.AST) -> bool:
    if isinstance(part, ast.Call):
        called = part.func
        return isinstance(called, ast.Name | ast.Attribute) and (
            called.id in _FUNCTIONS if isinstance(called, ast.Name) else called.attr in _METHODS
        )
    if isinstance(part, ast.Attribute):
        return part.attr in _METHODS
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        return _TEXT.fullmatch(part.value) is not None
    return not isinstance(part, ast.Name) or not part.id.startswith("_")


@contextmanager
def _weights_only() -> Iterator[None]:
    """Inside, torch unpickles tensors alone, also where it was told to unpickle anything."""
    names = {"TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "0"}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                del os.environ[name]
            else:
                os.environ[name] = text

"""Plants faults in modules of the core, one at a time, and tells which the tests let pass.

The working tree stays as it is: a fault is put in while the module is imported, in a process of
its own, which then runs the tests that should fail. Example: ``python benchmarks/mutations.py``
for all, ``python benchmarks/mutations.py front known`` for those modules.

"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import attrs
from planted import PLANTED, Fault, Module

ROOT = Path(__file__).resolve().parent.parent
_HEAVY = ("torch", "torch.func", "moocore", "scipy.optimize")
_PASSED, _FAILED = 0, 1
"""Exit codes of pytest; all others mean that nothing was tested."""


class _Loader(SourceFileLoader):
    """Loads another source in place of a module's own, and leaves no bytecode of it."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the loader of one module
        """The other source, compiled."""
        return compile(self._source, self.path, "exec")


@attrs.frozen
class _Finder(MetaPathFinder):
    name: str
    source: str

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own place with the other source; nothing for other modules."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname == self.name else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self.source)
        return spec


def planted(module: Module, fault: Fault) -> str:
    """The module's source with the fault. Raises ValueError if its place is not there once."""
    text = (ROOT / module.path).read_text()
    if text.count(fault.old) != 1:
        raise ValueError(f"{module.path} holds {fault.old!r} {text.count(fault.old)} times, not 1")
    return text.replace(fault.old, fault.new)


def outcome(module: Module, source: str | None) -> int:
    """Exit code of the module's tests, run in a fork with this source in place of its own."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 2
    try:
        code = _tested(module, source)
    finally:
        os._exit(code)


def _tested(module: Module, source: str | None) -> int:
    import pytest

    if source is not None:
        sys.meta_path.insert(0, _Finder(module.name, source))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = int(pytest.main([*options, *module.tests]))
    if source is None and code != _PASSED:
        print(said.getvalue(), file=sys.__stderr__)
    # a test that never met the module cannot have judged it
    return code if module.name in sys.modules else 2


def judged(module: Module) -> Iterator[tuple[Fault, str]]:
    """Every fault of a module with ``killed`` or ``survived``."""
    if outcome(module, None) != _PASSED:
        raise RuntimeError(f"without any fault the tests of {module.path} do not pass")
    for fault in module.faults:
        code = outcome(module, planted(module, fault))
        if code not in (_PASSED, _FAILED):
            # a fault that breaks the import is seen by whoever collects the tests
            yield fault, "killed"
            continue
        yield fault, "survived" if code == _PASSED else "killed"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", help="last part of a module's name; all without it")
    wanted = parser.parse_args().modules
    chosen = [m for m in PLANTED if not wanted or m.name.rpartition(".")[2] in wanted]
    if not chosen:
        parser.error(f"no faults for {', '.join(wanted)}")
    os.chdir(ROOT)
    for name in _HEAVY:  # shared by all forks
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    counts: dict[str, tuple[int, int]] = {}
    for module in chosen:
        begin, lived = time.monotonic(), 0
        for fault, verdict in judged(module):
            lived += verdict == "survived"
            print(f"{verdict:9} {module.name}: {fault.old!r} -> {fault.new!r}", flush=True)
        seconds = time.monotonic() - begin
        counts[module.name] = len(module.faults), lived
        print(f"{'':9} {module.name}: {len(module.faults)} faults in {seconds:.0f} s", flush=True)
    print("\n| module | planted | survived |\n|---|---|---|")
    for name, (planted_here, lived) in counts.items():
        print(f"| {name} | {planted_here} | {lived} |")
    total, lived = (sum(column) for column in zip(*counts.values(), strict=True))
    print(f"| all | {total} | {lived} |")
    sys.exit(lived > 0)


if __name__ == "__main__":
    main()

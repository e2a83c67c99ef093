"""pytest options and fixtures of the contract kit; parametrises from the catalog."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import pytest

from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
from monas_core.testing.contracts.base import Contract
from monas_core.testing.stages import TOY_PROVIDES, Stages
from monas_core.testing.variants import fitting, label

_CATALOG = pytest.StashKey[Catalog]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which plugins to check; without an option, all that are installed."""
    group = parser.getgroup("monas", "monas plugins")
    group.addoption("--provider", metavar="NAME", help="check what this distribution offers")
    group.addoption("--plugin", metavar="NAME", help="check only what has this name")


def pytest_configure(config: pytest.Config) -> None:
    """Find what is installed; refuse a provider or plugin that is not usable."""
    config.stash[_CATALOG] = catalog = Catalog.installed()
    provider, name = config.getoption("--provider"), config.getoption("--plugin")
    reasons = [
        f"{fault.plugin} is {fault.state}: {fault.reason}"
        for fault in catalog.faults
        if not fault.usable
        if provider in (None, fault.provider) and name in (None, fault.plugin)
    ]
    if (provider or name) and reasons:
        raise pytest.UsageError("; ".join(reasons))
    if (provider or name) and not _wanted(config, catalog.entries()):
        known = sorted({entry.provider for entry in catalog.entries()})
        raise pytest.UsageError(
            f"no plugin matches --provider {provider or 'ANY'} --plugin {name or 'ANY'}; "
            f"providers: {', '.join(known)}"
        )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every contract over the catalog the entries of its kind."""
    contract = metafunc.cls
    if contract is None or not getattr(contract, "over_catalog", False):
        return
    if "entry" not in metafunc.fixturenames:
        return
    found = [
        entry
        for entry in _wanted(
            metafunc.config, metafunc.config.stash[_CATALOG].entries(contract.kind)
        )
        if contract.provides <= entry.spec.provides
    ]
    kind = contract.kind or "plugin"
    missing = pytest.param(None, marks=pytest.mark.skip(reason=f"no such {kind} installed"), id="-")
    ids = [f"{entry.kind}:{entry.name}" if not contract.kind else entry.name for entry in found]
    if "variant" in metafunc.fixturenames and found:
        met = None if contract.finds_stage else TOY_PROVIDES
        pairs = [(entry, options) for entry in found for options in fitting(entry, met)]
        ids = [f"{entry.name}-{label(options)}" for entry, options in pairs]
        metafunc.parametrize(("entry", "variant"), pairs, ids=ids, scope="class")
        return
    metafunc.parametrize("entry", found or [missing], ids=ids or None, scope="class")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say of a contract that fails whose fault it is, where, and what its author may read."""
    report = yield
    contract = getattr(item, "cls", None)
    if report.failed and isinstance(contract, type) and issubclass(contract, Contract):
        page = contract.explained(item.name.partition("[")[0])
        told = {"where": _where(item, call), "read": f"{contract.reads}; {page}"}
        report.user_properties += list(told.items())
        lines = "\n".join(f"{name}: {text}" for name, text in told.items())
        report.sections.append(("for its author", lines))
    return report


def _where(item: pytest.Item, call: pytest.CallInfo[Any]) -> str:
    """The plugin that is checked, and the last line of its code that ran, if one raised."""
    given = getattr(item, "callspec", None)
    entry = given.params.get("entry") if given is not None else None
    if not isinstance(entry, Entry):
        return item.nodeid
    place = f"{entry.spec.factory} ({entry.origin})"
    package = entry.spec.factory.partition(":")[0].partition(".")[0]
    steps = call.excinfo.traceback if call.excinfo is not None else []
    own = [s for s in steps if s.frame.f_globals.get("__name__", "").split(".")[0] == package]
    if own:
        place += f", {own[-1].path}, line {own[-1].lineno + 1}, in {own[-1].name}"
    return place


def _wanted(config: pytest.Config, entries: Sequence[Entry]) -> list[Entry]:
    provider, name = config.getoption("--provider"), config.getoption("--plugin")
    return [e for e in entries if provider in (None, e.provider) and name in (None, e.name)]


@pytest.fixture(scope="session")
def catalog(request: pytest.FixtureRequest) -> Catalog:
    """Everything installed."""
    return request.config.stash[_CATALOG]


@pytest.fixture(scope="session")
def stages(catalog: Catalog) -> Stages:
    """Small problems to try a plugin on."""
    return Stages(catalog)

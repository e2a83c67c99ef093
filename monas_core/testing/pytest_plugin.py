"""pytest options and fixtures of the contract kit; parametrises from the catalog."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
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
        pairs = [(entry, options) for entry in found for options in fitting(entry, TOY_PROVIDES)]
        ids = [f"{entry.name}-{label(options)}" for entry, options in pairs]
        metafunc.parametrize(("entry", "variant"), pairs, ids=ids, scope="class")
        return
    metafunc.parametrize("entry", found or [missing], ids=ids or None, scope="class")


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

"""Contracts every plugin can be checked against, and small fakes to test with.

Run them over what is installed::

    pytest -p monas_core.testing.pytest_plugin --pyargs monas_core.testing --provider NAME

or subclass one contract in a test of your own and override its one fixture
(``subject``). The core never imports this package; pytest is an extra.
"""

from __future__ import annotations

import contextlib

with contextlib.suppress(ImportError):  # the fakes are of use without pytest
    import pytest

    pytest.register_assert_rewrite("monas_core.testing.contracts")

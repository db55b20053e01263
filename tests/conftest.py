"""Options of the whole test suite."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# how busy a machine is says nothing of the code
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--install-real",
        action="store_true",
        help="install the large real applications (Ghost by npm, WordPress by apt) for the tests marked `real`; Mailman always is",
    )

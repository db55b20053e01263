"""Options of the whole test suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--install-real",
        action="store_true",
        help="install the large real applications (Ghost by npm, WordPress by apt) for the tests marked `real`; Mailman always is",
    )

"""One stage for all tests of this folder: deployed to an emulator by the command that people use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from listbackup.testing.deployment import Deployment, deployed
from listbackup.testing.identity import PASSWORD


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(Path(tmp_path_factory.mktemp("stage"))) as made:
        yield made


@pytest.fixture(scope="session")
def owner(stage: Deployment) -> str:
    """The address of the first owner, whom the code made that the deployment showed."""
    order = {"code": stage.setup_code, "email": "owner@example.com", "password": PASSWORD, "name": "The owner"}
    stage.browser().ok("POST", "/auth/setup", order)
    return order["email"]

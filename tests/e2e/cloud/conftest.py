"""One stage for all tests of this folder: deployed to an emulator by the command that people use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from listbackup.testing.deployment import Deployment, deployed


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(Path(tmp_path_factory.mktemp("stage"))) as made:
        yield made

"""Where the tests of the AWS adapters run: an emulator on this machine, or with LISTBACKUP_AWS_ACCOUNT=1 the account that botocore finds.

Each test that speaks to AWS says in its name which of them it was: ``[emulator]`` or ``[account]``. How to run them in an account: docs/design/ground.md.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.base.clock import Clock
from listbackup.base.secret import Secret
from listbackup.testing.account import ACCOUNT_REGION, GROUND, IN_ACCOUNT, PREFIX
from listbackup.testing.emulator import KEY, REGION, Emulator
from listbackup.testing.user_pool import trigger

SUITES = frozenset(  # of the adapters: they name all by PREFIX, and leave nothing
    {
        "test_table",
        "test_services",
        "test_built_in_identity",
        "test_schedule",
        "test_events",
        "test_event_bus",
        "test_queue",
        "test_objects",
    }
    | {"test_secrets", "test_keyring", "test_identity", "test_user_pool", "test_sign_in_by_cognito", "test_differences"}
)
SETTLED_SECONDS = 2.0  # the index of a real table is usually behind for less than one

_numbers = itertools.count()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator of this test process."""
    started = Emulator.start(Path(tmp_path_factory.mktemp("emulator")))
    yield started
    started.stop()


@pytest.fixture(scope="session", params=[GROUND])
def aws(request: pytest.FixtureRequest) -> Aws:
    """The cloud under test; its clients are made once."""
    if IN_ACCOUNT:
        account = Aws(region=ACCOUNT_REGION, endpoint=None)
        account.client("dynamodb").meta.events.register("provide-client-params.dynamodb.Query", _wait_for_the_index)
        return account
    endpoint = request.getfixturevalue("emulator").endpoint
    return Aws(region=REGION, endpoint=endpoint, access_key_id=KEY, secret_access_key=Secret(KEY))


@pytest.fixture(autouse=True)
def _credentials(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator's own, whatever this machine has; only while a test of this folder runs."""
    if not IN_ACCOUNT:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in request.getfixturevalue("emulator").environment.items():
            monkeypatch.setenv(name, value)


def _wait_for_the_index(params: dict[str, Any], **_: Any) -> None:
    if "IndexName" in params:
        time.sleep(SETTLED_SECONDS)


@pytest.fixture
def fresh_tables(aws: Aws) -> Iterator[Callable[[Clock], DynamodbTables]]:
    """Makes grounds, each empty and apart from the others."""
    made: list[DynamodbTables] = []

    def fresh(clock: Clock) -> DynamodbTables:
        made.append(DynamodbTables(aws, f"{PREFIX}-{os.getpid()}-{next(_numbers)}", clock, create=True, tags={"made-by": "tests"}))
        return made[-1]

    yield fresh
    if IN_ACCOUNT:
        client = aws.client("dynamodb")
        for page in client.get_paginator("list_tables").paginate():
            for name in page["TableNames"]:
                if any(name.startswith(f"{tables.prefix}-") for tables in made):
                    client.delete_table(TableName=name)


@pytest.fixture(scope="session")
def trigger_arn(aws: Aws) -> Iterator[str]:
    """The function that user pools ask before they give tokens to whom we know (``backends/identity/cognito_trigger.py``)."""
    with trigger(aws, f"{PREFIX}-{token_hex(4)}") as arn:
        yield arn


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In an account the suites of the adapters run; what is proved with a whole stage, or by breaking things, stays with the emulator."""
    if IN_ACCOUNT:
        for item in items:
            if Path(__file__).parent in item.path.parents and item.path.stem not in SUITES:
                item.add_marker(pytest.mark.skip(reason="is proved on the emulator alone"))

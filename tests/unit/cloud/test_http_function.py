"""The API as a function: the same application behind API Gateway's events, one service of it."""

from pathlib import Path

import pytest

from listbackup.api.lambda_http import HttpFunction
from listbackup.bootstrap.aws import open_cloud, open_errands
from listbackup.http.permission import Bundle
from listbackup.testing.cloud import Answered, Invocation, MemoryPorts, answered, cloud_settings, http_event


class Stage:
    """The functions of a stage over one memory."""

    def __init__(self, scratch: Path) -> None:
        self.ports, self.scratch = MemoryPorts(), scratch
        self.made: dict[str, HttpFunction] = {}
        self.system = open_cloud(cloud_settings(scratch), ports=self.ports, delivers=True)
        self.account = self.system.accounts.ensure_default(actor="deploy")
        scope = self.system.enter("test")
        self.key = self.system.api_keys.create(scope, name="owner", permissions=tuple(Bundle)).text.reveal()

    def function(self, service: str) -> HttpFunction:
        if service not in self.made:
            settings = cloud_settings(self.scratch, LISTBACKUP_SERVICE=service)
            self.made[service] = HttpFunction(open_cloud(settings, ports=self.ports), open_errands(settings, ports=self.ports), settings)
        return self.made[service]

    def ask(self, service: str, method: str, path: str, body: object = None, *, key: str | None = None, **headers: str) -> Answered:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        event = http_event(method, f"/v2{path}", body, {**({"authorization": f"Bearer {key}"} if key else {}), **sent})
        return answered(self.function(service)(event, Invocation()))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_function_answers_whether_it_lives(stage: Stage) -> None:
    said = stage.ask("system", "GET", "/system/health/live")
    assert (said.status, said.json) == (200, {"status": "live"})
    assert said.headers["x-request-id"] == "JKJaXmPLvHcESHA"


def test_every_part_of_a_stage_is_asked_and_no_disk_nor_idle_worker_is_missed(stage: Stage) -> None:
    said = stage.ask("system", "GET", "/system/health/ready")
    assert [part["name"] for part in said.json["parts"]] == ["tables", "objects", "queue", "keys", "scheduler", "housekeeping"]


def test_a_function_answers_for_its_own_service_only(stage: Stage) -> None:
    assert stage.ask("sources", "GET", "/sources", key=stage.key).json["items"] == []
    assert stage.ask("sources", "GET", "/jobs", key=stage.key).status == 404

"""What a browser finds at the public address of a stage: the web app and the API behind one name, served by CloudFront as far as the emulator has it."""

from __future__ import annotations

import gzip
import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from listbackup.api.front import FRONT, VIEWER
from listbackup.api.pages import BUILT, file_headers
from listbackup.testing.deployment import BY_TLS, Deployment
from listbackup.testing.identity import PASSWORD
from listbackup.testing.visitor import Browser

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(600)]

FAR, HERE = "127.0.0.5", "127.0.0.1"  # somebody who asks CloudFront, and the emulator's gateway, for which everybody is itself


@pytest.fixture(scope="module")
def nobody(stage: Deployment) -> Browser:
    return stage.browser()


@pytest.mark.parametrize(
    ("asked", "file", "status"),
    [
        ("/", "index.html", 200),
        ("/a/acc_1/sources/src_9", "a/_/sources/_.html", 200),
        ("/a/acc_1/sources/new", "a/_/sources/new.html", 200),
        ("/a/acc_1/sources/src_9.txt", "a/_/sources/_.txt", 200),
        ("/sw.js", "sw.js", 200),
        ("/nowhere", "404.html", 404),
    ],
)
def test_each_address_is_answered_with_the_page_and_the_policy_that_the_server_answers_with(
    nobody: Browser, asked: str, file: str, status: int
) -> None:
    said = nobody.ask("GET", asked, root=True)
    assert (said.status, said.raw) == (status, (BUILT / file).read_bytes())
    wanted = {name: headers for name, _, headers in file_headers(BUILT)}[f"/{file}"]
    for name in ("content-type", "cache-control", "content-security-policy"):
        assert said.headers[name] == wanted[name], name
    assert said.headers["strict-transport-security"] == "max-age=31536000"
    assert (said.headers["x-frame-options"], said.headers["x-content-type-options"]) == ("DENY", "nosniff")
    assert not [name for name in said.headers if name.startswith("x-amz-meta-")]


def test_every_file_of_the_build_is_there(stage: Deployment) -> None:
    bucket, s3 = stage.parameter("web-bucket"), stage.aws.client("s3")
    there = {one["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket) for one in page["Contents"]}
    assert there == {name.removeprefix("/") for name, _, _ in file_headers(BUILT)}


def test_the_pages_find_the_api_where_they_come_from_and_name_no_other_place(stage: Deployment, nobody: Browser) -> None:
    page = nobody.ask("GET", "/", root=True)
    assert "connect-src 'self'" in page.headers["content-security-policy"]
    said = nobody.ask("GET", "/system/health/live")
    assert (said.status, said.json) == (200, {"status": "live"})
    assert said.headers["x-cache"] == page.headers["x-cache"] == "Miss from cloudfront"
    gateway = urlsplit(stage.parameter("api-url")).netloc
    assert gateway != urlsplit(stage.url).netloc
    assert not [path for path in _texts(BUILT) if gateway in path.read_text()]


def test_a_long_answer_reaches_a_browser_squeezed(stage: Deployment, owner: str) -> None:
    """By the function itself: CloudFront squeezes only what it keeps, and the gateway carries it as base64 (docs/decisions/0383)."""
    browser = stage.browser()
    browser.ok("POST", "/auth/login", {"email": owner, "password": PASSWORD, "kind": "browser"})
    plain = browser.ask("GET", "/platforms")
    said = browser.ask("GET", "/platforms", headers={"accept-encoding": "gzip"})
    assert ("content-encoding" in plain.headers, said.headers["content-encoding"], said.headers["vary"]) == (
        False,
        "gzip",
        "accept-encoding",
    )
    assert gzip.decompress(said.raw) == plain.raw
    assert len(said.raw) < len(plain.raw) / 2


def test_nothing_is_told_without_tls(stage: Deployment) -> None:
    plain = Browser(stage.port, origin=stage.url, host=urlsplit(stage.url).netloc)
    moved = plain.ask("GET", "/sign-in", root=True)
    assert (moved.status, moved.headers["location"]) == (301, f"{stage.url}/sign-in")
    assert plain.ask("GET", "/system/health/live").status == 403


def test_the_files_are_nobodys_to_read_beside_cloudfront(stage: Deployment) -> None:
    assert Browser(stage.port).ask("GET", f"/{stage.parameter('web-bucket')}/index.html", root=True).status == 403


def test_who_asked_is_told_by_the_distribution_and_by_nobody_else(stage: Deployment, owner: str) -> None:
    gateway = urlsplit(stage.parameter("api-url")).netloc
    forged = {VIEWER: "203.0.113.9", FRONT: "a guess", "x-forwarded-for": "203.0.113.9"}
    seen = [
        _address(stage, owner, urlsplit(stage.url).netloc, {}),
        _address(stage, owner, urlsplit(stage.url).netloc, forged),
        _address(stage, owner, gateway, forged),
    ]
    assert seen == [FAR, FAR, HERE]


def _address(stage: Deployment, email: str, host: str, headers: dict[str, str]) -> str:
    """Where somebody is said to have signed in from, who comes from ``FAR`` by this name."""
    order = json.dumps({"email": email, "password": PASSWORD, "kind": "program"})
    connection = http.client.HTTPConnection(HERE, stage.port, timeout=60, source_address=(FAR, 0))
    sent = {**BY_TLS, "host": host, "content-type": "application/json", **headers}
    connection.request("POST", "/v2/auth/login", body=order, headers=sent)
    answer = connection.getresponse()
    said = json.load(answer)
    connection.close()
    assert answer.status == 200, said
    program = stage.browser(credential=said["tokens"]["access_token"])
    (address,) = (one["address"] for one in program.ok("GET", "/auth/sessions")["items"] if one["current"])
    return str(address)


def _texts(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in (".html", ".js", ".txt", ".json")]

"""What CloudFront runs finds the pages that the server finds, and tells browsers what the server tells them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from listbackup.api.front import VIEWER
from listbackup_infra.edge import NAME_VIEWER, TELL_POLICY, find_page, pages_of

WEB = Path(__file__).parent / "web"


def _run(code: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the function answers to each event, in Node: CloudFront's own runtime is not to be had."""
    node = shutil.which("node")
    assert node is not None
    script = f"{code}\nconsole.log(JSON.stringify({json.dumps(events)}.map(handler)));"
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True, timeout=60)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("asked", "file"),
    [
        ("/", "/index.html"),
        ("/sign-in", "/sign-in.html"),
        ("/a/acc_1", "/a/_.html"),
        ("/a/acc_1/sources/src_9", "/a/_/sources/_.html"),
        ("/a/acc_1/sources/new", "/a/_/sources/new.html"),
        ("/a/acc_1/sources/src_9/records", "/a/_/sources/_/records.html"),
        ("/a/acc_1/sources.txt", "/a/_/sources.txt"),
        ("/a/acc_1/sources/__next._tree.txt", "/a/_/sources/__next._tree.txt"),
        ("/__next._tree.txt", "/__next._tree.txt"),
        ("/_next/static/chunks/main.js", "/_next/static/chunks/main.js"),
        ("/sw.js", "/sw.js"),
        ("/nowhere", "/404.html"),
        ("/a//sources", "/404.html"),
    ],
)
def test_an_address_leads_to_the_file_that_the_server_would_answer_with(asked: str, file: str) -> None:
    (found,) = _run(find_page(pages_of(WEB)), [{"request": {"uri": asked}}])
    assert found["uri"] == file


def test_a_files_policy_becomes_the_pages_and_the_page_for_nothing_is_a_404() -> None:
    page, lost, bare = _run(
        TELL_POLICY,
        [
            {"response": {"statusCode": 200, "headers": {"x-amz-meta-policy": {"value": "default-src 'self'"}}}},
            {"response": {"statusCode": 200, "headers": {"x-amz-meta-policy": {"value": "p"}, "x-amz-meta-status": {"value": "404"}}}},
            {"response": {"statusCode": 200, "headers": {}}},
        ],
    )
    assert page == {"statusCode": 200, "headers": {"content-security-policy": {"value": "default-src 'self'"}}}
    assert lost == {"statusCode": 404, "headers": {"content-security-policy": {"value": "p"}}}
    assert bare["headers"]["content-security-policy"]["value"].startswith("default-src 'none'")


def test_whoever_asks_the_api_is_named_over_what_they_call_themselves() -> None:
    asked = {
        "viewer": {"ip": "203.0.113.7"},
        "request": {"uri": "/v2/sources", "headers": {"accept": {"value": "*/*"}, VIEWER: {"value": "10.0.0.1"}}},
    }
    (found,) = _run(NAME_VIEWER, [asked])
    assert found == {"uri": "/v2/sources", "headers": {"accept": {"value": "*/*"}, VIEWER: {"value": "203.0.113.7"}}}


def test_a_web_app_that_was_not_built_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="run  make web"):
        pages_of(tmp_path)


def test_the_files_go_there_with_the_servers_headers_and_pages_last(tmp_path: Path) -> None:
    from listbackup.cli.cloud.website import web_files

    (tmp_path / "_ui.json").write_text(json.dumps({"revision": "1", "pages": ["/", "/a/_"], "scripts": {"/a/_": ["sha256-x"]}}))
    for name in ("a/_.html", "404.html", "_next/static/one.js", "one.js.br"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    files = {one.name: one for one in web_files(tmp_path)}
    assert list(files) == ["_next/static/one.js", "404.html", "a/_.html"]
    assert "'sha256-x'" in files["a/_.html"].metadata["policy"]
    assert files["404.html"].metadata["status"] == "404"
    assert files["_next/static/one.js"].cached.endswith("immutable")

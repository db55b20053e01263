"""The web app's files beside the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from listbackup.api.pages import Pages, built

Ask = Callable[..., Response | None]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    pages = ["/", "/sign-in", "/a/_/sources/new", "/a/_", "/a/_/sources/_"]
    (tmp_path / "_ui.json").write_text(json.dumps({"revision": "r", "pages": pages, "scripts": {"/a/_": ["sha256-abc"]}}))
    for name in ("index", "404", "sign-in", "a/_", "a/_/sources/_", "a/_/sources/new"):
        file = tmp_path / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"<p>{name}</p>")
    (tmp_path / "a/_/sources/_.txt").write_text("data of a source")
    (tmp_path / "a/_/sources/_/").mkdir()
    (tmp_path / "a/_/sources/_/__next._tree.txt").write_text("tree of a source")
    (tmp_path / "_next/static").mkdir(parents=True)
    (tmp_path / "_next/static/x.js").write_text("run()" * 100)
    (tmp_path / "_next/static/x.js.br").write_bytes(b"squeezed")
    served = Pages(tmp_path)

    def ask(path: str, method: str = "GET", **headers: str) -> Response | None:
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return served.answer(Request({"type": "http", "method": method, "path": path, "headers": raw}))

    return ask


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/", "index"),
        ("/sign-in", "sign-in"),
        ("/a/acc_1", "a/_"),
        ("/a/acc_1/sources/src_1", "a/_/sources/_"),
        ("/a/acc_1/sources/new", "a/_/sources/new"),
    ],
)
def test_an_address_with_ids_is_answered_by_its_page(ask: Ask, path: str, file: str) -> None:
    answer = ask(path)
    assert answer is not None
    assert (answer.status_code, answer.body) == (200, f"<p>{file}</p>".encode())


@pytest.mark.parametrize(
    ("path", "body"),
    [("/a/acc_1/sources/src_1.txt", b"data of a source"), ("/a/acc_1/sources/src_1/__next._tree.txt", b"tree of a source")],
)
def test_what_the_app_fetches_for_a_page_is_found_under_the_id(ask: Ask, path: str, body: bytes) -> None:
    answer = ask(path)
    assert answer is not None
    assert answer.body == body


def test_a_page_that_does_not_exist_is_404_for_people_and_the_apis_problem_for_programs(ask: Ask) -> None:
    answer = ask("/no/such", accept="text/html,*/*")
    assert answer is not None
    assert (answer.status_code, answer.body) == (404, b"<p>404</p>")
    assert ask("/no/such", accept="application/json") is None
    assert ask("/a//sources/src_1", accept="*/*") is None, "an empty part is no id"


def test_only_reading_is_answered(ask: Ask) -> None:
    assert ask("/sign-in", method="POST") is None
    assert ask("/sign-in", method="HEAD") is not None


def test_what_is_named_by_its_content_stays_for_ever_and_everything_else_is_asked_for_again(ask: Ask) -> None:
    script, page = ask("/_next/static/x.js", accept_encoding="gzip, br"), ask("/sign-in")
    assert script is not None
    assert page is not None
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (script.body, script.headers["content-encoding"]) == (b"squeezed", "br")
    assert page.headers["cache-control"] == "no-cache"
    again = ask("/sign-in", if_none_match=page.headers["etag"])
    assert again is not None
    assert (again.status_code, again.body) == (304, b"")
    assert again.headers["content-security-policy"] == page.headers["content-security-policy"], (
        "a browser takes it in place of the one it kept"
    )


def test_a_pages_policy_allows_its_own_scripts_by_hash_and_nobody_elses(ask: Ask) -> None:
    answer = ask("/a/acc_1")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self' 'sha256-abc';" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert "connect-src 'self'" in policy


def test_paths_lead_nowhere_but_to_the_apps_own_files(ask: Ask) -> None:
    for path in ("/../pages.py", "/_ui.json", "/_next/static/x.js.br", "/a/../../etc/passwd"):
        assert ask(path) is None, path


def test_a_checkout_without_a_built_app_serves_the_api_alone(tmp_path: Path) -> None:
    assert built(tmp_path) is None

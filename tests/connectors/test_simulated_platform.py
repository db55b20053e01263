"""The simulated CRM keeps its word: it is the ground on which connectors, processor and benchmarks are tested."""

from __future__ import annotations

import gzip
import http.client
import json
import subprocess
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from listbackup.testing.saas import Lie, Options, Saas, World, serve
from listbackup.testing.saas.lies import WIRE

Answer = tuple[int, dict[str, str], bytes]


def call(saas: Saas, path: str, method: str = "GET", body: object = None, **headers: str) -> Answer:
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        saas.base_url + path, data, {"Authorization": f"Bearer {saas.token}", "Content-Type": "application/json", **named}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def get(saas: Saas, path: str) -> Any:
    status, _, body = call(saas, path)
    assert status == 200, body
    return json.loads(body)


@pytest.fixture
def saas() -> Iterator[Saas]:
    with serve(Options(records=1000, seed=7, gzip=False)) as running:
        yield running


def test_the_same_seed_is_the_same_platform_and_another_seed_is_another() -> None:
    """Two worlds of one seed are equal byte for byte after three days; a third differs."""
    worlds = [World(500, 3), World(500, 3), World(500, 4)]
    for _ in range(3):
        for world in worlds:
            world.pass_day()
    truths = [{stream: world.truth(stream) for stream in world.rows} for world in worlds]
    assert truths[0] == truths[1]
    assert truths[0]["contacts"] != truths[2]["contacts"]


def test_twenty_thousand_records_are_twenty_thousand() -> None:
    assert sum(World(20_000, 1).counts().values()) == 20_000


def test_a_contact_weighs_about_eleven_hundred_bytes() -> None:
    raws = World(2000, 1).truth("contacts").values()
    assert 1000 <= sum(map(len, raws)) / len(raws) <= 1200


def test_a_day_changes_one_percent_deletes_a_thousandth_and_adds_two() -> None:
    report = World(20_000, 1).pass_day()
    assert (report.changed["contacts"], report.deleted["contacts"], report.added["contacts"]) == (110, 11, 22)


def test_page_numbers_offsets_cursors_and_links_all_list_the_truth(saas: Saas) -> None:
    """However a stream pages, following it to its end gives every record once, with the bytes of the truth."""
    for stream, truth in ((name, saas.world.truth(name)) for name in saas.world.rows):
        listed = [item for page in pages(saas, stream) for item in page]
        assert [(item["id"],) for item in listed] == list(truth), stream
        assert listed == [json.loads(raw) for raw in truth.values()]


def pages(saas: Saas, stream: str) -> Iterator[list[Any]]:
    path, number = f"/v1/{stream}?per_page=30&limit=30", 1
    while True:
        page = get(saas, path)
        yield page["data"]
        number += 1
        if "pages" in page and number <= page["pages"]:
            path = f"/v1/{stream}?per_page=30&page={number}"
        elif "offset" in page and page["offset"] + 30 < page["total"]:
            path = f"/v1/{stream}?limit=30&offset={page['offset'] + 30}"
        elif page.get("next_cursor"):
            path = f"/v1/{stream}?limit=30&cursor={page['next_cursor']}"
        elif "links" in page and page["links"]["next"]:
            path = page["links"]["next"].removeprefix(saas.base_url)
        else:
            return


def test_updated_since_lists_what_changed_and_nothing_older(saas: Saas) -> None:
    before = {name: saas.world.truth(name) for name in saas.world.rows}
    since = get(saas, "/v1/me")["now"]
    saas.pass_day()
    changed = {item["id"] for item in get(saas, f"/v1/contacts?per_page=200&updated_since={since}")["data"]}
    now = saas.world.truth("contacts")
    assert changed == {key[0] for key, raw in now.items() if before["contacts"].get(key) != raw}


def test_contacts_have_a_deletions_feed_deals_a_trash_and_companies_neither(saas: Saas) -> None:
    contact, deal, company = (next(iter(saas.world.truth(name)))[0] for name in ("contacts", "deals", "companies"))
    for stream, id_ in (("contacts", contact), ("deals", deal), ("companies", company)):
        assert call(saas, f"/v1/{stream}/{id_}", "DELETE")[0] == 204
    assert [gone["id"] for gone in get(saas, "/v1/deletions")["data"]] == [contact]
    assert call(saas, f"/v1/contacts/{contact}")[0] == 404
    assert get(saas, f"/v1/deals/{deal}")["deleted_at"] is not None
    assert [item["id"] for item in get(saas, "/v1/deals?include_deleted=true&limit=200")["data"] if item["deleted_at"]] == [deal]
    assert call(saas, "/v1/deletions?object=companies")[0] == 404
    assert call(saas, f"/v1/deals/{deal}/restore", "POST")[0] == 200
    assert get(saas, f"/v1/deals/{deal}")["deleted_at"] is None


def test_a_company_comes_back_under_its_old_id_and_a_contact_does_not(saas: Saas) -> None:
    for stream, keeps in (("companies", True), ("contacts", False)):
        (id_,), raw = next(iter(saas.world.truth(stream).items()))
        call(saas, f"/v1/{stream}/{id_}", "DELETE")
        status, _, made = call(saas, f"/v1/{stream}", "POST", raw)
        assert (status, json.loads(made)["id"] == id_) == (201, keeps)


def test_a_record_that_is_written_over_keeps_when_it_was_made(saas: Saas) -> None:
    id_ = next(iter(saas.world.truth("deals")))[0]
    before = get(saas, f"/v1/deals/{id_}")
    _, _, raw = call(saas, f"/v1/deals/{id_}", "PUT", {"title": "another", "created_at": "2030-01-01T00:00:00Z"})
    after = json.loads(raw)
    assert (after["title"], after["created_at"]) == ("another", before["created_at"])
    assert after["updated_at"] > before["updated_at"]


def test_a_deal_that_somebody_wrote_is_shown_as_deleted_in_the_trash_too(saas: Saas) -> None:
    _, _, made = call(saas, "/v1/deals", "POST", {"title": "short"})
    id_ = json.loads(made)["id"]
    call(saas, f"/v1/deals/{id_}", "DELETE")
    listed = get(saas, "/v1/deals?include_deleted=true&limit=200&updated_since=2026-01-01T00:00:00Z")["data"]
    assert [(one["deleted_at"] is not None, one["updated_at"]) for one in listed if one["id"] == id_] == [(True, listed[-1]["deleted_at"])]


def test_an_idempotency_key_makes_one_record(saas: Saas) -> None:
    before = saas.world.counts()["contacts"]
    answers = [call(saas, "/v1/contacts", "POST", {"first_name": "Tovi"}, Idempotency_Key="k1") for _ in range(3)]
    assert len({answer[2] for answer in answers}) == 1
    assert saas.world.counts()["contacts"] == before + 1
    assert call(saas, "/v1/contacts", "POST", {"first_name": "Ulmo"}, Idempotency_Key="k1")[0] == 409


def test_a_note_changes_its_contact(saas: Saas) -> None:
    """Adding and deleting a note moves the contact's count and time, so that an increment sees it."""
    id_ = next(iter(saas.world.truth("contacts")))[0]
    before = get(saas, f"/v1/contacts/{id_}")
    _, _, note = call(saas, "/v1/notes", "POST", {"contact_id": id_, "body": "Called."})
    after = get(saas, f"/v1/contacts/{id_}")
    assert after["notes_count"] == before["notes_count"] + 1
    assert after["updated_at"] > before["updated_at"]
    assert json.loads(note) in get(saas, f"/v1/contacts/{id_}/notes?limit=200")["data"]


def test_a_document_has_bytes_and_takes_new_ones(saas: Saas) -> None:
    record = get(saas, "/v1/documents?per_page=1")["data"][0]
    assert len(call(saas, record["url"])[2]) == record["size_bytes"]
    assert call(saas, record["url"], "PUT", b"new bytes")[0] == 200
    assert call(saas, record["url"])[2] == b"new bytes"
    assert get(saas, f"/v1/documents/{record['id']}")["size_bytes"] == 9


def test_a_write_on_an_old_version_is_refused(saas: Saas) -> None:
    id_ = next(iter(saas.world.truth("contacts")))[0]
    _, headers, raw = call(saas, f"/v1/contacts/{id_}")
    assert call(saas, f"/v1/contacts/{id_}", "PUT", raw, If_Match=headers["ETag"])[0] == 200
    assert call(saas, f"/v1/contacts/{id_}", "PUT", raw, If_Match=headers["ETag"])[0] == 412


def test_a_wrong_token_is_401_and_a_forbidden_stream_403(saas: Saas) -> None:
    assert call(saas, "/v1/contacts", Authorization="Bearer wrong")[0] == 401
    assert call(saas, "/simulate/behave", "POST", {"forbidden": ["deals"]})[0] == 200
    assert call(saas, "/v1/deals")[0] == 403


def test_above_the_rate_there_is_429_with_a_time_to_wait(saas: Saas) -> None:
    call(saas, "/simulate/behave", "POST", {"rate_per_second": 2, "burst": 2})
    statuses = [call(saas, "/v1/me") for _ in range(4)]
    assert [status for status, _, _ in statuses] == [200, 200, 429, 429]
    assert statuses[2][1]["Retry-After"] == "1"
    assert (saas.limiter.refused, saas.limiter.inside_window) == (2, 1)


def test_a_body_is_gzipped_only_for_those_who_ask() -> None:
    with serve(Options(records=300)) as saas:
        _, headers, packed = call(saas, "/v1/contacts", Accept_Encoding="gzip")
        assert headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed) == call(saas, "/v1/contacts")[2]


@pytest.mark.parametrize("lie", sorted(WIRE - {Lie.GZIP_MULTI_MEMBER, Lie.LOGIN_PAGE, Lie.EMPTY_BODY}))
def test_a_lie_on_the_wire_is_not_the_page(lie: Lie) -> None:
    """What a careful reader gets for such an answer is an error or other bytes, never the honest page."""
    with serve(Options(records=300, gzip=False)) as honest, serve(Options(records=300, lies=(lie,), lie_on=0)) as liar:
        page = call(honest, "/v1/companies")[2]
        try:
            _, headers, body = call(liar, "/v1/companies")
            if headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error, http.client.HTTPException):
            body = b""
        assert body != page
        assert liar.liar.told == [lie]


def test_it_runs_as_a_program_and_says_where() -> None:
    command = [sys.executable, "-m", "listbackup.testing.saas", "--records", "100", "--until-stdin-ends"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        request = urllib.request.Request(said["base_url"] + "/v1/me", headers={"Authorization": f"Bearer {said['token']}"})
        assert json.load(urllib.request.urlopen(request, timeout=10))["account"]["name"] == "Demo CRM"
        process.communicate(timeout=10)
        assert process.returncode == 0

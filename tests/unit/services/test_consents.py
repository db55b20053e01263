"""Connecting through a platform's sign-in page: who begins is who ends, once; abuse 6 of TRUST.md at the service."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit

import pytest

from listbackup.backends.sqlite_file import SqliteFile
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.errors import InputError, NotFound, PlatformError
from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.connector import AuthMethod
from listbackup.connectors.engine.session import FactsConnector
from listbackup.services.connections import (
    CONNECTION_SECRETS,
    CONNECTIONS,
    RENEWALS,
    SIGN_INS,
    Begun,
    BroughtBack,
    Came,
    ConnectionState,
    Declined,
    WayBackBroken,
)
from listbackup.services.integrations import Wanted
from listbackup.services.runs import RunState, Work
from listbackup.services.scope import Scope
from listbackup.testing.clock import ManualClock
from listbackup.testing.saas import Options, Saas, serve
from listbackup.testing.system import Rooms, rooms

ME = "cookie/ses_1"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def crm(clock: ManualClock) -> Iterator[Saas]:
    with serve(Options(records=60), clock=clock) as saas:
        saas.sign_in.agree = True
        yield saas


@pytest.fixture
def house(clock: ManualClock, crm: Saas) -> Rooms:
    made = rooms([FactsConnector(api=api())], clock=clock)
    made.integrations.set(made.scope, "demo-crm", Wanted(client_id="demo-app"), client_secret=Secret(crm.sign_in.client_secret))
    return made


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def visit(url: str) -> BroughtBack:
    """What the sign-in page sends back."""
    try:
        urllib.request.build_opener(_Stay).open(url)
    except HTTPError as error:
        return back_of(error.headers["Location"])
    raise AssertionError("the page did not send anybody back")


def back_of(location: str) -> BroughtBack:
    told = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    return BroughtBack(state=told["state"], code=told.get("code"), issuer=told.get("iss"), error=told.get("error"))


def begin(house: Rooms, crm: Saas, **also: str) -> Begun:
    return house.consents.start(house.scope, "demo-crm", holder=ME, values={"url": crm.base_url}, **also)  # type: ignore[arg-type]


def finish(house: Rooms, back: BroughtBack, holder: str = ME) -> Came:
    return house.consents.finish(back, holder=holder, enter=lambda account: house.accounts.enter(account, actor="test"))


def test_an_agreement_becomes_a_connection_that_backs_up(house: Rooms, crm: Saas) -> None:
    begun = begin(house, crm)
    asked = parse_qs(urlsplit(begun.url).query)
    assert asked["redirect_uri"] == ["http://127.0.0.1:8400/v2/oauth/callback"]
    assert asked["code_challenge_method"] == ["S256"]
    came = finish(house, visit(begun.url))
    assert (came.connection.state, came.connection.method, came.repaired) == (ConnectionState.READY, AuthMethod.OAUTH, False)
    assert came.connection.site_name == "Demo CRM"
    house.sources.create(house.scope, connection=came.connection.id, name="crm")
    assert house.runs.backup(house.scope, "crm", Work(owner="test")).state is RunState.SUCCEEDED


def test_several_connections_of_one_platform_get_names_of_their_own(house: Rooms, crm: Saas) -> None:
    names = [finish(house, visit(begin(house, crm).url)).connection.name for _ in range(3)]
    assert names == ["Demo CRM", "Demo CRM 2", "Demo CRM 3"]
    assert finish(house, visit(begin(house, crm, name="shop").url)).connection.name == "shop"


def test_a_connection_is_repaired_and_keeps_its_id(house: Rooms, crm: Saas) -> None:
    made = finish(house, visit(begin(house, crm, name="shop").url)).connection
    house.connections.mark_needs_reauth(house.scope, made.id, "no longer accepted")
    came = finish(house, visit(begin(house, crm, reconnect=made.id).url))
    assert came.repaired
    assert (came.connection.id, came.connection.state) == (made.id, ConnectionState.READY)
    assert house.connections.test(house.scope, made.id).site_name == "Demo CRM"


def test_abuse_6_a_state_is_good_once(house: Rooms, crm: Saas) -> None:
    back = visit(begin(house, crm).url)
    finish(house, back)
    with pytest.raises(WayBackBroken):
        finish(house, back)


@pytest.mark.parametrize("ground", ["memory", "sqlite"])
def test_abuse_6_of_64_at_once_one_comes_through(ground: str, clock: ManualClock, crm: Saas, tmp_path: Path) -> None:
    tables = MemoryTables(clock) if ground == "memory" else SqliteTables(SqliteFile(tmp_path / "tables.sqlite", clock=clock), clock=clock)
    house = rooms([FactsConnector(api=api())], clock=clock, tables=tables)
    house.integrations.set(house.scope, "demo-crm", Wanted(client_id="demo-app"), client_secret=Secret(crm.sign_in.client_secret))
    back, gate = visit(begin(house, crm).url), threading.Barrier(64)
    ends: list[str] = []

    def come() -> None:
        gate.wait()
        try:
            ends.append(finish(house, back).connection.id)
        except WayBackBroken:
            ends.append("broken")

    crowd = [threading.Thread(target=come) for _ in range(64)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert ends.count("broken") == 63
    assert len(house.connections.list(house.scope).items) == 1
    assert crm.sign_in.living_grants() == 1


def test_abuse_6_somebody_elses_session_gets_nowhere_and_uses_nothing_up(house: Rooms, crm: Saas) -> None:
    back = visit(begin(house, crm).url)
    for other in ("cookie/ses_2", "key/ses_1", ""):
        with pytest.raises(WayBackBroken):
            finish(house, back, holder=other)
    assert finish(house, back).connection.state is ConnectionState.READY


def test_abuse_6_an_account_that_was_left_meanwhile_is_absent(house: Rooms, crm: Saas) -> None:
    back = visit(begin(house, crm).url)

    def left(account: str) -> Scope:
        raise NotFound(f"there is no account {account!r}")

    with pytest.raises(NotFound):
        house.consents.finish(back, holder=ME, enter=left)


def test_abuse_6_after_ten_minutes_the_way_back_is_closed(house: Rooms, crm: Saas, clock: ManualClock) -> None:
    begun = begin(house, crm)
    assert begun.expires_at - clock.now() == timedelta(minutes=10)
    back = visit(begun.url)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(WayBackBroken):
        finish(house, back)


@pytest.mark.parametrize("issuer", [None, "https://evil.example", "http://127.0.0.1:1"])
def test_abuse_6_a_mix_up_of_platforms_is_noticed_before_the_code_is_sent_anywhere(house: Rooms, crm: Saas, issuer: str | None) -> None:
    back = visit(begin(house, crm).url)
    with pytest.raises(WayBackBroken):
        finish(house, BroughtBack(state=back.state, code=back.code, issuer=issuer))
    assert crm.sign_in.living_grants() == 0


def test_abuse_6_the_path_of_another_platform_is_no_way_back(house: Rooms, crm: Saas) -> None:
    back = visit(begin(house, crm).url)
    with pytest.raises(WayBackBroken):
        finish(house, BroughtBack(state=back.state, code=back.code, issuer=back.issuer, path="demo-crm"))


def test_abuse_6_a_code_without_our_verifier_is_worth_nothing(house: Rooms, crm: Saas) -> None:
    stolen, mine = visit(begin(house, crm).url), visit(begin(house, crm).url)
    with pytest.raises(InputError, match="does not accept the code"):
        finish(house, BroughtBack(state=mine.state, code=stolen.code, issuer=mine.issuer))


def test_a_no_is_told_in_oauths_words_and_never_in_the_platforms(house: Rooms, crm: Saas) -> None:
    crm.sign_in.agree = False
    with pytest.raises(Declined) as raised:
        finish(house, visit(begin(house, crm).url))
    assert raised.value.code == "access_denied"
    assert "said somebody" not in raised.value.message
    crm.sign_in.agree = True
    back = visit(begin(house, crm).url)
    with pytest.raises(Declined) as raised:
        finish(house, BroughtBack(state=back.state, error="<script>", issuer=back.issuer))
    assert raised.value.code == "refused"


def test_tokens_that_are_not_kept_are_given_back(house: Rooms, crm: Saas) -> None:
    back = visit(begin(house, crm).url)
    crm.behave(Options(records=60, forbidden=("me",)))
    with pytest.raises(PlatformError):
        finish(house, back)
    assert crm.sign_in.living_grants() == 0
    assert house.connections.list(house.scope).items == []


def test_nothing_of_it_lies_in_the_clear(house: Rooms, crm: Saas) -> None:
    begun = begin(house, crm)
    back = visit(begun.url)
    made = finish(house, back).connection
    begin(house, crm)
    tokens = [*crm.sign_in._access, *(grant.refresh for grant in crm.sign_in._grants), crm.sign_in.client_secret, back.state]
    for spec in (CONNECTIONS, CONNECTION_SECRETS, RENEWALS, SIGN_INS):
        table = house.tables.open(spec)
        rows = repr([dict(item) for item in table.query(house.scope.account).items]) + repr(getattr(table, "_items", ""))
        assert not any(token in rows for token in tokens)
    assert set(made.secret_names) == {"access_token", "refresh_token", "access_expires_at"}


def test_deleting_it_ends_it_at_the_platform_too_and_a_source_stands_in_the_way_unless_forced(house: Rooms, crm: Saas) -> None:
    made = finish(house, visit(begin(house, crm).url)).connection
    house.sources.create(house.scope, connection=made.id, name="crm")
    with pytest.raises(InputError, match="is used by source 'crm'"):
        house.connections.delete(house.scope, made.id)
    assert crm.sign_in.living_grants() == 1
    house.connections.delete(house.scope, made.id, force=True)
    assert crm.sign_in.living_grants() == 0
    run = house.runs.backup(house.scope, "crm", Work(owner="test"))
    assert run.state is RunState.FAILED


def test_another_application_is_not_given_the_tokens_of_the_first(house: Rooms, crm: Saas) -> None:
    made = finish(house, visit(begin(house, crm).url)).connection
    house.integrations.set(house.scope, "demo-crm", Wanted(client_id="other-app"))
    with pytest.raises(PlatformError, match="another application"):
        house.connections.test(house.scope, made.id)
    assert sum(crm.sign_in.sent.values()) == 0


def test_without_an_application_or_an_address_nobody_is_sent_away(crm: Saas) -> None:
    bare = rooms([FactsConnector(api=api())])
    with pytest.raises(InputError, match="no application"):
        begin(bare, crm)
    nowhere = rooms([FactsConnector(api=api())], public_url=None)
    nowhere.integrations.set(nowhere.scope, "demo-crm", Wanted(client_id="demo-app"))
    with pytest.raises(InputError, match="come back to"):
        begin(nowhere, crm)


def test_a_connection_by_key_becomes_one_by_agreement_and_back(house: Rooms, crm: Saas) -> None:
    values, secrets = {"url": crm.base_url}, {"token": Secret(crm.token)}
    made = house.connections.create(house.scope, platform="demo-crm", name="shop", values=values, secrets=secrets)
    begun = house.consents.start(house.scope, "demo-crm", holder=ME, reconnect="shop")
    agreed = finish(house, visit(begun.url)).connection
    assert (agreed.id, agreed.method, "token" in agreed.secret_names) == (made.id, AuthMethod.OAUTH, False)
    back = house.connections.reconnect(house.scope, "shop", secrets=secrets)
    assert (back.method, back.secret_names, back.client_id) == (AuthMethod.KEY, ("token",), None)
    assert house.connections.test(house.scope, "shop").state is ConnectionState.READY


def test_a_key_still_connects_where_people_can_sign_in_too(house: Rooms, crm: Saas) -> None:
    values, secrets = {"url": crm.base_url}, {"token": Secret(crm.token)}
    made = house.connections.create(house.scope, platform="demo-crm", name="shop", values=values, secrets=secrets)
    assert (made.method, made.state) == (AuthMethod.KEY, ConnectionState.READY)

"""What an account may connect: its own word first, then that of the accounts above; an application's secret stays sealed."""

from __future__ import annotations

import pytest

from listbackup.base.errors import InputError, NotFound
from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.connector import AuthMethod
from listbackup.connectors.engine.session import FactsConnector
from listbackup.connectors.rest.connector import RestConnector
from listbackup.connectors.wordpress.connector import connector as wordpress
from listbackup.http.versions import VersionGone
from listbackup.services.accounts import Policy, machine
from listbackup.services.integrations import INTEGRATIONS, Wanted
from listbackup.services.platforms import Platforms
from listbackup.services.scope import Scope
from listbackup.testing.system import Rooms, rooms

CRM = "demo-crm"


@pytest.fixture
def house() -> Rooms:
    return rooms([FactsConnector(api=api()), wordpress(), RestConnector()])


def below(house: Rooms, parent: str) -> Scope:
    return house.accounts.enter(house.accounts.create("below", parent=parent, actor="test").id, actor="test")


def test_everything_may_be_connected_until_somebody_says_otherwise(house: Rooms) -> None:
    found = {one.platform: one for one in house.integrations.list(house.scope)}
    assert {name: (one.available, one.methods, one.client_id) for name, one in found.items()} == {
        "demo-crm": (True, (AuthMethod.KEY, AuthMethod.OAUTH), None),
        "rest": (True, (AuthMethod.KEY, AuthMethod.OAUTH), None),
        "wordpress": (True, (AuthMethod.KEY,), None),
    }
    assert found["demo-crm"].redirect_uri == "http://127.0.0.1:8400/v2/oauth/callback"
    assert found["rest"].redirect_uri == "http://127.0.0.1:8400/v2/oauth/callback/rest"
    assert found["wordpress"].redirect_uri is None


def test_each_field_comes_from_the_nearest_account_that_says_it(house: Rooms) -> None:
    parent, child = house.scope, below(house, house.scope.account)
    house.integrations.set(parent, CRM, Wanted(client_id="parents", calls_per_second=5, enabled=True), client_secret=Secret("above"))
    found = house.integrations.get(child, CRM)
    assert (found.client_id, found.application_of, found.calls_per_second, found.version) == ("parents", parent.account, 5, 0)
    application = house.integrations.find_application(child, CRM)
    assert application is not None
    assert application.client_secret.reveal() == "above"

    house.integrations.set(child, CRM, Wanted(client_id="own", enabled=False), client_secret=Secret("below"))
    found = house.integrations.get(child, CRM)
    assert (found.client_id, found.application_of, found.calls_per_second, found.enabled) == ("own", child.account, 5, False)
    assert house.integrations.get(parent, CRM).enabled
    house.integrations.remove(child, CRM)
    assert house.integrations.get(child, CRM).client_id == "parents"
    with pytest.raises(NotFound):
        house.integrations.remove(child, CRM)


def test_accounts_beside_hear_nothing_of_each_other(house: Rooms) -> None:
    mine, other = below(house, house.scope.account), below(house, house.scope.account)
    house.integrations.set(mine, CRM, Wanted(client_id="mine"), client_secret=Secret("x"))
    assert house.integrations.get(other, CRM).client_id is None
    assert house.integrations.get(house.scope, CRM).client_id is None


def test_a_secret_stays_with_its_client_id_and_is_never_shown(house: Rooms) -> None:
    house.integrations.set(house.scope, CRM, Wanted(client_id="app"), client_secret=Secret("canary-secret"))
    house.integrations.set(house.scope, CRM, Wanted(client_id="app", calls_per_second=2))
    application = house.integrations.find_application(house.scope, CRM)
    assert application is not None
    assert application.client_secret.reveal() == "canary-secret"
    house.integrations.set(house.scope, CRM, Wanted(client_id="another"))
    assert not house.integrations.get(house.scope, CRM).has_client_secret
    rows = repr([dict(item) for item in house.tables.open(INTEGRATIONS).query(house.scope.account).items])
    trail = repr(house.activities.list(house.scope).items)
    assert "canary" not in rows + trail + repr(application) + repr(house.integrations.get(house.scope, CRM))


def test_what_is_switched_off_cannot_be_connected(house: Rooms) -> None:
    house.integrations.set(house.scope, CRM, Wanted(enabled=False))
    for scope in (house.scope, below(house, house.scope.account)):
        with pytest.raises(InputError, match="switched off"):
            house.connections.create(scope, platform=CRM, name="x", values={"url": "http://127.0.0.1:9"}, secrets={"token": Secret("x")})


@pytest.mark.parametrize(
    ("platform", "wanted", "secret"),
    [("wordpress", Wanted(client_id="x"), None), (CRM, Wanted(), Secret("alone"))],
)
def test_what_makes_no_sense_is_refused(house: Rooms, platform: str, wanted: Wanted, secret: Secret | None) -> None:
    with pytest.raises(InputError):
        house.integrations.set(house.scope, platform, wanted, client_secret=secret)


def test_who_read_an_older_version_does_not_overwrite_a_newer(house: Rooms) -> None:
    house.integrations.set(house.scope, CRM, Wanted(client_id="first"), version=0)
    with pytest.raises(VersionGone):
        house.integrations.set(house.scope, CRM, Wanted(client_id="second"), version=0)


def test_a_platform_tells_what_can_be_done_with_each_stream_before_anybody_connects() -> None:
    crm = Platforms([FactsConnector(api=api())]).get(CRM)
    streams = {one.name: one for one in crm.streams}
    assert list(streams) == ["companies", "tags", "contacts", "deals", "notes", "documents"]
    assert (streams["contacts"].incremental, streams["contacts"].deletions, streams["contacts"].restore.keeps_id) == (True, "feed", False)
    assert (streams["deals"].deletions, streams["deals"].restore.keeps_id) == ("flag", True)
    assert [(field.name, field.secret) for field in crm.config] == [("url", False), ("token", True)]
    assert [field.name for field in crm.sign_in] == ["url"]
    posts = {one.name: one for one in Platforms([wordpress()]).get("wordpress").streams}["posts"]
    assert (posts.deletions, posts.restore.create) == ("flag", True)


def test_what_the_policy_above_does_not_allow_is_shown_and_cannot_be_connected(house: Rooms) -> None:
    child = below(house, house.scope.account)
    house.accounts.policies.set(house.scope.account, Policy(allowed_platforms=("wordpress",)), by=machine("test"))
    found = {one.platform: (one.available, one.allowed, one.enabled) for one in house.integrations.list(child)}
    assert found == {"demo-crm": (False, False, True), "rest": (False, False, True), "wordpress": (True, True, True)}
    house.integrations.set(child, CRM, Wanted(client_id="app", enabled=True))
    values = {"url": "http://127.0.0.1:9"}
    with pytest.raises(InputError, match="policy does not allow"):
        house.connections.create(child, platform=CRM, name="x", values=values, secrets={"token": Secret("x")})
    with pytest.raises(InputError, match="policy does not allow"):
        house.consents.start(child, CRM, holder="me", values=values)

"""Where a sign-in page's addresses may lead, and where tokens may go: abuses 8 and 9 of TRUST.md, for descriptions that users bring."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from listbackup.base.errors import InputError, ListBackupError, PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import Credentials, Ground
from listbackup.connectors.engine.sign_in import Agreement, SignIn
from listbackup.connectors.rest.connector import RestConnector
from listbackup.services.connections import Egress
from listbackup.testing.clock import ManualClock
from listbackup.testing.inner_addresses import CORPUS, hostile_resolver, no_connections
from listbackup.testing.saas.wire import Request, Response, WireServer
from listbackup.testing.system import rooms

HERE = "https://api.example.com"


def definition(**auth: object) -> str:
    """A description of somebody's API; YAML reads JSON too."""
    told = {"kind": "oauth2", "authorize_url": "/authorize", "token_url": "/token", "client_id": "me", "client_secret": "x", **auth}
    streams = [{"name": "things", "path": "/things"}]
    return json.dumps({"platform": "theirs", "base_url": "{url}", "config": [{"name": "url"}], "auth": told, "streams": streams})


def page(url: str = HERE, **auth: object) -> SignIn:
    found = RestConnector().sign_in({"definition": definition(**auth), "url": url})
    assert found is not None
    return found


def agreement(sign_in: SignIn, url: str = HERE, *, allow_loopback: bool = False) -> Agreement:
    ground = Ground(clock=ManualClock(), allow_loopback=allow_loopback)
    return Agreement(sign_in, {"url": url, "client_id": "me"}, Secret("x"), ground, resolver=hostile_resolver)


def test_abuse_8_no_spelling_of_an_inner_address_is_asked_for_a_token_or_told_one() -> None:
    opened: list[tuple[object, ...]] = []
    through: list[str] = []
    tokens = {"refresh_token": Secret("rt"), "access_token": Secret("at")}
    with no_connections(opened):
        for text in CORPUS:
            for asks in ("base", "token_url", "revoke_url"):
                try:
                    made = agreement(page(text), text) if asks == "base" else agreement(page(**{asks: text}))
                    if asks == "revoke_url":
                        assert made.revoke(tokens) is False
                        continue
                    made.exchange("code", verifier="v", redirect="https://backup.example.org/v2/oauth/callback")
                    through.append(f"{asks} {text}")
                except PlatformError as error:
                    if error.fault is not PlatformFault.EGRESS_DENIED:
                        through.append(f"{asks} {text}: {error}")
                except InputError:  # not even an address
                    pass
    assert len(set(CORPUS)) >= 300
    assert (through, opened) == ([], [])


def test_abuse_8_nobody_is_sent_to_an_address_that_is_none() -> None:
    for text in (
        "javascript:alert(1)//",
        "data:text/html,x",
        "https://user@evil.example/",
        "https://evil.example\\@good.example/",
        "file:///etc",
    ):
        try:
            url = agreement(page(authorize_url=text)).page(state="s", challenge="c", redirect="https://backup.example.org/cb")
        except ListBackupError:
            continue
        assert url.startswith(HERE)  # read as a path below the platform's own address


def test_abuse_8_an_inner_address_is_refused_before_anything_is_kept() -> None:
    house = rooms([RestConnector()], egress=Egress(allow_loopback=False))
    values = {"definition": definition(), "url": "http://127.0.0.1:9"}
    with pytest.raises(PlatformError) as raised:
        house.consents.start(house.scope, "rest", holder="me", values=values)
    assert raised.value.fault is PlatformFault.EGRESS_DENIED


class Elsewhere:
    """Two servers on loopback: a platform that sends everybody on to the other one, which writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[Request] = []
        self.thief = WireServer(self._take)
        self.platform = WireServer(self._send_on)

    def _take(self, request: Request) -> Response:
        self.told.append(request)
        return Response(body=b'{"access_token":"at","refresh_token":"rt"}', headers={"Content-Type": "application/json"})

    def _send_on(self, request: Request) -> Response:
        return Response(status=307, headers={"Location": f"{self.thief.url}{request.path}"})


def test_abuse_9_neither_code_nor_token_follows_a_redirect_to_another_host() -> None:
    elsewhere = Elsewhere()
    elsewhere.thief.start()
    elsewhere.platform.start()
    try:
        made = agreement(page(elsewhere.platform.url, revoke_url="/revoke"), elsewhere.platform.url, allow_loopback=True)
        with pytest.raises(PlatformError):
            made.exchange("code", verifier="v", redirect="http://127.0.0.1:8400/v2/oauth/callback")
        assert made.revoke({"refresh_token": Secret("rt")}) is False
        refresh(elsewhere.platform.url)
    finally:
        elsewhere.platform.stop()
        elsewhere.thief.stop()
    assert elsewhere.told == []


def refresh(url: str) -> None:
    secrets = {"refresh_token": Secret("rt")}
    values: Mapping[str, str] = {"definition": definition(), "url": url}
    session = RestConnector().open(Credentials(values=values, secrets=secrets), Ground(clock=ManualClock(), allow_loopback=True))
    try:
        with pytest.raises(PlatformError):
            session.transport.authority.headers()
    finally:
        session.close()


@pytest.mark.parametrize(
    "shop", ["evil.example/", "evil.example#", "a@evil.example", "evil.example?x=", "evil.example:1", "a\\b", "a b", "%2e"]
)
def test_abuse_9_a_value_cannot_lead_the_token_endpoint_to_another_host(shop: str) -> None:
    told = json.loads(definition(token_url="https://{shop}.platform.example/token"))
    told["config"].append({"name": "shop"})
    values = {"definition": json.dumps(told), "url": HERE, "shop": shop}
    found = RestConnector().sign_in(values)
    assert found is not None
    made = Agreement(found, {**values, "client_id": "me"}, Secret("x"), Ground(clock=ManualClock()), resolver=hostile_resolver)
    with pytest.raises(InputError, match="letters, digits, dots and dashes"):
        made.exchange("code", verifier="v", redirect="https://backup.example.org/v2/oauth/callback")


def test_abuse_9_a_secret_is_not_told_to_another_place_than_it_was_given_for() -> None:
    """Whoever may repair a connection names its address too; the application's secret goes where the code goes."""
    told = json.loads(definition(client_secret="{app_secret}"))
    told["config"].append({"name": "app_secret", "label": "Application secret", "secret": True})
    house, values = rooms([RestConnector()]), {"definition": json.dumps(told), "url": HERE}
    house.connections.create(house.scope, platform="rest", name="shop", values=values, secrets={"app_secret": Secret("s3")}, test=False)

    def repaired(**given: object) -> str:
        return house.consents.start(house.scope, "rest", holder="me", reconnect="shop", **given).url  # type: ignore[arg-type]

    elsewhere = {**values, "url": "https://thief.example"}
    assert repaired().startswith(HERE)
    assert repaired(values=values).startswith(HERE)
    with pytest.raises(InputError, match="Application secret"):
        repaired(values=elsewhere)
    assert repaired(values=elsewhere, secrets={"app_secret": Secret("s3")}).startswith("https://thief.example")

"""A user pool beside what people do: what it is asked, by whom, and that what its owner, strangers and thieves do there signs nobody in."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from listbackup.backends.aws_client import Aws, AwsRefused
from listbackup.backends.identity.cognito import CognitoIdentity
from listbackup.backends.identity.cognito_pool import pool_settings
from listbackup.backends.identity.cognito_trigger import proof_of
from listbackup.backends.identity.cognito_users import UserPool
from listbackup.backends.identity.port import Factor, SessionKind, SignInRefused
from listbackup.base.errors import BackendError
from listbackup.base.ids import UserId
from listbackup.base.secret import Secret
from listbackup.testing.account import PREFIX
from listbackup.testing.gateway import guarded_route
from listbackup.testing.identity import PASSWORD, Doors
from listbackup.testing.keys import memory_scope
from listbackup.testing.pooled_house import PooledHouse as House
from listbackup.testing.pooled_house import doors_by, pooled_house
from listbackup.testing.user_pool import function_role

ADA = "ada@example.com"
OTHER = "seven brass kettles on a shelf"


@pytest.fixture
def house(aws: Aws, trigger_arn: str) -> Iterator[House]:
    with pooled_house(aws, trigger_arn) as made:
        yield made


# what it costs


class CountedPool(UserPool):
    """Counts what the pool is asked."""

    asked = 0

    def _ask(self, operation: str, what: str, **said: Any) -> Any:
        self.asked += operation != "describe_user_pool_client"  # once for each process
        return super()._ask(operation, what, **said)


def test_each_act_asks_the_pool_as_often_as_the_design_says(house: House) -> None:
    clock = house.clock
    pool = CountedPool(house.aws, pool=house.made.pool, client=house.made.client, key=bytes(32), clock=clock)
    door = doors_by(pool, clock)
    costs: dict[str, int] = {}

    def cost(name: str, act: Callable[[], Any]) -> Any:
        before = pool.asked
        result = act()
        costs[name] = pool.asked - before
        return result

    cost("somebody registers", lambda: door.auth.register(ADA, PASSWORD, door.client))
    cost("with an address that is taken", lambda: door.auth.register(ADA, PASSWORD, door.client))
    person = cost("the address is shown", lambda: door.auth.verify_email(door.link(ADA), PASSWORD))
    browser = cost("a browser comes in", door.sign_in)
    cost("a browser's request", lambda: door.auth.authenticate(browser.cookie or ""))
    tokens = cost("a program comes in", lambda: door.sign_in(kind=SessionKind.PROGRAM)).tokens
    assert tokens is not None
    cost("a program's request", lambda: door.auth.authenticate_bearer(tokens.access))
    newer = cost("a program refreshes", lambda: door.auth.refresh(tokens.refresh))
    cost("a program goes out", lambda: door.auth.logout(newer.session))
    cost("a browser goes out", lambda: door.auth.logout(browser.session))
    cost("every session ends", lambda: door.auth.end_sessions(person.id, why="asked"))
    assert costs == {
        "somebody registers": 4,
        "with an address that is taken": 4,
        "the address is shown": 4,
        "a browser comes in": 1,
        "a browser's request": 0,
        "a program comes in": 4,
        "a program's request": 0,
        "a program refreshes": 1,
        "a program goes out": 1,
        "a browser goes out": 0,
        "every session ends": 1,
    }


# what the program's role may do


def test_the_operations_that_the_pool_declares_are_enough_and_needed(house: House) -> None:
    """As a user with these permissions alone."""
    if house.aws.endpoint is None:
        pytest.skip("in an account a new permission is not in force at once")
    settings = pool_settings()
    arn = house.ask("describe_user_pool", UserPoolId=house.made.pool)["UserPool"]["Arn"]
    with allowed(house.aws, arn, settings.operations) as least, allowed(house.aws, arn, ("DescribeUserPoolClient",)) as less:
        clock = house.clock
        users, none = (UserPool(one, pool=house.made.pool, client=house.made.client, key=bytes(32), clock=clock) for one in (least, less))
        door = doors_by(users, clock)
        person = door.person()
        house.catch_up()
        _, recovery, session = door.enrol(door.sign_in())
        door.auth.factors.remove_totp(person, session, Factor.RECOVERY_CODE, recovery[0])
        assert door.sign_in(kind=SessionKind.PROGRAM).tokens is not None
        for disabled in (True, False):
            door.auth.set_disabled(person.id, disabled, why="a while")
        door.auth.register(ADA, OTHER, door.client)
        for refused in (
            lambda: none.sign_out(person.id),
            lambda: none.is_password(person.id, "x"),
            lambda: none.set_password(person.id, "x" * 43),
        ):
            with pytest.raises(BackendError, match="AccessDenied"):
                refused()


@contextmanager
def allowed(aws: Aws, arn: str, operations: Sequence[str]) -> Iterator[Aws]:
    """The cloud as somebody who may ask this of one pool."""
    iam, name = aws.client("iam"), f"{PREFIX}-{secrets.token_hex(4)}"
    statement = {"Effect": "Allow", "Action": [f"cognito-idp:{one}" for one in operations], "Resource": arn}
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="least", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    try:
        yield Aws(aws.region, aws.endpoint, access_key_id=key["AccessKeyId"], secret_access_key=Secret(key["SecretAccessKey"]))
    finally:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=name, PolicyName="least")
        iam.delete_user(UserName=name)


# what the pool's owner does there


@pytest.mark.parametrize("act", ["admin_user_global_sign_out", "admin_disable_user"])
def test_who_is_signed_out_or_disabled_in_the_pool_gets_no_further_access_token(house: House, act: str) -> None:
    door = house.doors
    person, tokens = door.person(), house.program()
    house.about(act, person.id)
    with pytest.raises(SignInRefused):
        door.auth.refresh(tokens.refresh)


@pytest.mark.parametrize("act", ["end", "disable", "logout"])
def test_sessions_end_here_while_the_pool_cannot_be_reached(house: House, act: str) -> None:
    door = house.doors
    person, tokens = door.person(), house.program()
    nowhere = Aws(house.aws.region, "http://127.0.0.1:9", access_key_id="x", secret_access_key=Secret("x"))
    away = UserPool(nowhere, pool=house.made.pool, client=house.made.client, key=bytes(32), clock=house.clock)
    identity = CognitoIdentity(away, door.tables, memory_scope("installation"), house.clock, door.ground.figures)
    writes = {
        "end": lambda: identity.people.end_sessions(person)[1],
        "disable": lambda: identity.people.set_disabled(person, True)[1],
        "logout": lambda: identity.sessions.end(tokens.session),
    }[act]()
    door.tables.transact(writes)
    with pytest.raises(SignInRefused):
        door.auth.refresh(tokens.refresh)
    with pytest.raises(SignInRefused):
        door.auth.authenticate_bearer(tokens.access)


# what API Gateway says


def test_api_gateway_lets_our_access_tokens_through_and_no_other(house: House) -> None:
    door = house.doors
    person, tokens = door.person(), house.program()
    name = f"{PREFIX}-{secrets.token_hex(4)}"
    with (
        function_role(house.aws, name) as role,
        guarded_route(house.aws, name=name, role=role, issuer=house.users.issuer, audience=house.made.client) as get,
    ):
        assert get(tokens.access) == (200, person.id)
        assert get(door.auth.refresh(tokens.refresh).access) == (200, person.id)
        for wrong in ("", tokens.access[:-4] + "AAAA", tokens.refresh):
            assert get(wrong)[0] == 401


# what strangers try


def test_the_pool_s_tokens_do_not_sign_in_unless_we_opened_the_session(house: House) -> None:
    door = house.doors
    person = door.person()
    with pytest.raises(SignInRefused):
        door.auth.authenticate_bearer(house.users.open(person.id).access)


def test_no_tampered_or_borrowed_token_signs_in(house: House) -> None:
    door = house.doors
    door.person()
    tokens = house.program()
    refresh = house.ask("describe_user_pool_client", UserPoolId=house.made.pool, ClientId=house.made.client)["UserPoolClient"]
    held = door.identity.sessions._held.find(tokens.session.id)  # type: ignore[attr-defined]
    given = house.ask("get_tokens_from_refresh_token", RefreshToken=held, ClientId=house.made.client, ClientSecret=refresh["ClientSecret"])
    header, payload, signature = tokens.access.split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    wrong = [
        given["AuthenticationResult"]["IdToken"],
        held,
        f"{header}.{_coded(said | {'username': 'usr_eve'})}.{signature}",
        f"{_coded({'alg': 'none', 'kid': 'x'})}.{payload}.",
        f"{_coded({'alg': 'RS256', 'kid': 'unknown'})}.{payload}.{signature}",
        f"{_coded({'alg': 'HS256', 'kid': _first_kid(door)})}.{payload}.{signature}",
        tokens.access[:-4] + "AAAA",
        tokens.access + ".",
        "x" * 5000,
    ]
    assert door.auth.authenticate_bearer(given["AuthenticationResult"]["AccessToken"])[1].id == tokens.session.id
    for token in wrong:
        with pytest.raises(SignInRefused):
            door.auth.authenticate_bearer(str(token))


def test_nobody_but_us_signs_anybody_up_or_in_at_the_pool(house: House) -> None:
    person, client = house.doors.person(), house.made.client
    for known in ({}, {"SECRET_HASH": house.users._hash_for(person.id)}):  # without the client's secret, and with it
        for flow, parameters in (
            ("USER_PASSWORD_AUTH", {"PASSWORD": PASSWORD}),
            ("USER_AUTH", {}),
            ("USER_SRP_AUTH", {"SRP_A": "ff" * 128}),
        ):
            with pytest.raises(AwsRefused):
                house.ask("initiate_auth", ClientId=client, AuthFlow=flow, AuthParameters={"USERNAME": person.id, **parameters, **known})
    for operation, said in (
        ("sign_up", {"Username": "usr_eve", "Password": "x" * 43}),
        ("initiate_auth", {"AuthFlow": "CUSTOM_AUTH", "AuthParameters": {"USERNAME": person.id}}),
    ):
        with pytest.raises(AwsRefused):
            house.ask(operation, ClientId=client, **said)
    assert not house.users.is_password(person.id, PASSWORD)  # the pool has never seen it


def test_a_user_of_the_pool_who_is_nobody_here_is_nobody(house: House) -> None:
    """However they came there: AWS refuses a sign-up where ``AllowAdminCreateUserOnly`` is set, the emulator (1.5.33) does not."""
    door = house.doors
    house.users.set_password("usr_eve", "x" * 43)
    house.users.describe("usr_eve", email="eve@example.com", is_verified=True)
    with pytest.raises(SignInRefused):
        door.sign_in("eve@example.com", "x" * 43)
    with pytest.raises(SignInRefused):
        door.auth.authenticate_bearer(house.users.open("usr_eve").access)


def test_the_holder_of_an_access_token_changes_nothing_that_counts(house: House) -> None:
    """A token of the pool lets its holder, or a thief, ask the pool about themselves. AWS keeps to ``WriteAttributes``, the emulator (1.5.33) does not: neither counts."""
    door = house.doors
    door.person()
    entered = door.sign_in(kind=SessionKind.PROGRAM)
    assert entered.tokens is not None
    person, access = door.identity.people.find(entered.person.id), entered.tokens.access
    for name, value in (("custom:proof", proof_of("known", 2**33)), ("email", "eve@example.com"), ("email_verified", "true")):
        with suppress(AwsRefused):
            house.ask("update_user_attributes", AccessToken=access, UserAttributes=[{"Name": name, "Value": value}])
    with pytest.raises(AwsRefused):
        house.ask("change_password", AccessToken=access, PreviousPassword=PASSWORD, ProposedPassword="y" * 43)
    seed = house.ask("associate_software_token", AccessToken=access)["SecretCode"]
    raw = base64.b32decode(seed + "=" * (-len(seed) % 8))
    house.catch_up()
    house.ask("verify_software_token", AccessToken=access, UserCode=door.code(raw))
    assert door.identity.people.find(entered.person.id) == person
    assert door.sign_in().session.by == (Factor.PASSWORD,)
    assert door.auth.refresh(entered.tokens.refresh).access
    house.ask("delete_user", AccessToken=access)
    with pytest.raises(SignInRefused):
        door.sign_in()
    door.auth.passwords.forgot(ADA, door.client)
    door.auth.passwords.reset(door.link(ADA), PASSWORD, door.client)
    assert house.program().session.user == entered.person.id


def test_a_wrong_answer_to_the_pool_s_question_gives_no_tokens(house: House) -> None:
    person = house.doors.person()
    for answer in ("", "wrong", secrets.token_urlsafe(32)):
        with pytest.raises(AwsRefused) as refused:
            house.users._answered(person.id, answer or " ")
        assert refused.value.code == "NotAuthorizedException"
    with pytest.raises(SignInRefused):
        house.users.open(UserId("usr_nobody"))


def _coded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _first_kid(door: Doors) -> str:
    keys: Any = door.identity.access_tokens.key_set()["keys"]
    return str(keys[0]["kid"])

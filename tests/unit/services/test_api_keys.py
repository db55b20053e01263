"""API keys: shown once, recognised by their digest, good for what they were made for and no longer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.base.errors import InputError, NotFound
from listbackup.base.secret import Secret
from listbackup.http.caller import NotSignedIn
from listbackup.http.permission import BUNDLES, Bundle
from listbackup.services.accounts import API_KEYS, ApiKeys
from listbackup.services.accounts.key_text import make_key, read_key
from listbackup.testing.clock import ManualClock
from listbackup.testing.system import Rooms, rooms


@pytest.fixture
def house() -> Rooms:
    return rooms([])


@pytest.fixture
def keys(house: Rooms) -> ApiKeys:
    return ApiKeys(house.desk, house.accounts, environment="test")


def test_a_key_opens_its_own_account_with_its_own_scopes(house: Rooms, keys: ApiKeys) -> None:
    new = keys.create(house.scope, name="report")
    caller = keys.authenticate(new.text)
    assert (caller.account, caller.permissions, caller.actor) == (house.scope.account, BUNDLES[Bundle.READ], f"key_{new.key.id}")
    assert new.key.expires_at - new.key.created_at == timedelta(days=90)


def test_only_the_digest_of_a_key_is_kept(house: Rooms, keys: ApiKeys) -> None:
    new = keys.create(house.scope, name="report")
    assert "lbk_" not in repr(new)
    item = house.tables.open(API_KEYS).find(new.key.id, "key")
    assert item is not None
    assert new.text.reveal()[17:60] not in repr(item)


def test_a_revoked_or_expired_key_opens_nothing(house: Rooms, keys: ApiKeys) -> None:
    revoked, old = keys.create(house.scope, name="one"), keys.create(house.scope, name="two", life=timedelta(days=1))
    keys.revoke(house.scope, revoked.key.id)
    with pytest.raises(NotSignedIn, match="revoked"):
        keys.authenticate(revoked.text)
    assert isinstance(house.clock, ManualClock)
    house.clock.advance(timedelta(days=1))
    with pytest.raises(NotSignedIn, match="expired"):
        keys.authenticate(old.text)


def test_a_key_with_any_character_changed_is_no_key(house: Rooms, keys: ApiKeys) -> None:
    text = keys.create(house.scope, name="one").text.reveal()
    for position in range(len(text)):
        for other in "A0_":
            if text[position] != other:
                with pytest.raises(NotSignedIn):
                    keys.authenticate(Secret(text[:position] + other + text[position + 1 :]))


def test_a_right_check_with_a_wrong_secret_is_refused(house: Rooms, keys: ApiKeys) -> None:
    _, stranger, _ = make_key("test")
    assert read_key(stranger) is not None
    with pytest.raises(NotSignedIn, match="not known"):
        keys.authenticate(stranger)


def test_another_accounts_key_is_an_absent_one(house: Rooms, keys: ApiKeys) -> None:
    other = house.accounts.enter(house.accounts.create("other", actor="test").id, actor="test")
    mine = keys.create(house.scope, name="one").key
    with pytest.raises(NotFound):
        keys.revoke(other, mine.id)
    assert keys.list(other).items == []
    assert [key.id for key in keys.list(house.scope).items] == [mine.id]


def test_when_a_key_was_used_is_known_to_the_minute(house: Rooms, keys: ApiKeys) -> None:
    new = keys.create(house.scope, name="one")
    assert keys.get(house.scope, new.key.id).used_at is None
    keys.authenticate(new.text)
    assert keys.get(house.scope, new.key.id).used_at == house.clock.now()


@pytest.mark.parametrize("life", [timedelta(0), timedelta(days=366)])
def test_a_key_lives_a_year_at_most(house: Rooms, keys: ApiKeys, life: timedelta) -> None:
    with pytest.raises(InputError):
        keys.create(house.scope, name="one", life=life)

"""Permissions: one name each, and words that stand for many of them."""

from __future__ import annotations

from itertools import combinations

import msgspec
import pytest

from listbackup.backends.table.port import Update
from listbackup.http.permission import BUNDLES, READS, Bundle, Permission, expand, shown
from listbackup.services.accounts import API_KEYS, ApiKeys
from listbackup.testing.system import rooms


def test_the_bundles_are_everything_and_none_holds_what_another_holds() -> None:
    assert frozenset().union(*BUNDLES.values()) == frozenset(Permission)
    assert not any(one & other for one, other in combinations(BUNDLES.values(), 2))


def test_what_only_looks_does_not_look_into_records() -> None:
    assert {one for one in Permission if one.endswith(":read")} - {Permission.CONTENT_READ} == READS


def test_words_and_names_stand_for_permissions_in_the_order_of_the_list() -> None:
    assert expand(["restore", "accounts:read"]) == (Permission.ACCOUNTS_READ, Permission.RESTORES_PLAN, Permission.RESTORES_EXECUTE)
    assert shown(expand(["restore", "accounts:read"])) == "restore accounts:read"
    with pytest.raises(ValueError, match="everything"):
        expand(["everything"])


def test_a_key_of_before_there_were_permissions_opens_what_it_opened() -> None:
    house = rooms([])
    keys = ApiKeys(house.desk, house.accounts, environment="test")
    new = keys.create(house.scope, name="old")
    table = house.tables.open(API_KEYS)
    item = table.find(new.key.id, "key")
    assert item is not None
    kept = msgspec.json.decode(str(item["doc"]))
    kept["access"] = ["read", "restore"]
    del kept["permissions"]
    table.update(Update(pk=new.key.id, sk="key", set={"doc": msgspec.json.encode(kept).decode()}))
    assert keys.authenticate(new.text).permissions == BUNDLES[Bundle.READ] | BUNDLES[Bundle.RESTORE]


def test_no_word_lets_content_be_taken_away_by_who_may_not_look_at_it() -> None:
    for bundle, inside in BUNDLES.items():
        assert Permission.EXPORTS_CREATE not in inside or Permission.CONTENT_READ in inside, bundle

"""GNU Mailman itself: backed up, changed, backed up again, a member lost and given back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from listbackup.connectors.mailman.connector import connector
from listbackup.services.runs import RunState
from listbackup.testing.applications import MailmanSite
from listbackup.testing.keeper import Keeper

pytestmark = pytest.mark.real


def test_mailman_is_backed_up_and_a_lost_member_comes_back(start_application: Callable[[str], dict[str, str]]) -> None:
    said = start_application("mailman")
    site = MailmanSite(said["url"], said["user"], said["password"])
    site.fill()
    keeper = Keeper(connector(page_size=4), {"url": said["url"], "username": said["user"]}, {"password": said["password"]})

    first = keeper.back_up()
    assert first.state is RunState.SUCCEEDED, first.message
    counts = {stream: len(keeper.kept(stream)) for stream in ("domains", "lists", "list_settings", "users", "members", "bans")}
    assert counts == {"domains": 2, "lists": 4, "list_settings": 4, "users": 8, "members": 9, "bans": 1}

    # somebody changes a setting, one member comes, one goes
    site.ask("PATCH", "/lists/news.lists.example/config", {"description": "All the news"})
    site.subscribe("talk.lists.example", "late@people.example", "Late")
    lost = next(one for one in keeper.kept("members").values() if one["email"] == "sailor3@people.example")
    site.ask("DELETE", f"/members/{lost['member_id']}")
    second = keeper.back_up()
    assert second.state is RunState.SUCCEEDED, second.message
    assert keeper.kept("list_settings")[("news.lists.example",)]["description"] == "All the news"
    emails = {one["email"] for one in keeper.kept("members").values()}
    assert "late@people.example" in emails
    assert "sailor3@people.example" not in emails
    assert keeper.evidence("members", (lost["member_id"],)) in ("absent_from_listing", "direct_read")

    # nothing changed: nothing is written
    packs = [found.name for found in keeper.house.objects.list("") if "/p/" in found.name]
    assert keeper.back_up().state is RunState.SUCCEEDED
    assert [found.name for found in keeper.house.objects.list("") if "/p/" in found.name] == packs

    # the member comes back, without being asked, and goes again when the restore is taken back
    restored = keeper.restore("members", (lost["member_id"],), seq=1)
    assert restored.result is not None
    assert (restored.result.created, restored.result.failed) == (1, 0), restored.result.problems
    there = [one for one in site.ask("GET", "/lists/news.lists.example/roster/member")["entries"] if one["email"] == lost["email"]]
    assert [one["delivery_mode"] for one in there] == [lost["delivery_mode"]]
    undone = keeper.undo(restored)
    assert undone.undo_result is not None
    assert undone.undo_result.deleted == 1
    roster = site.ask("GET", "/lists/news.lists.example/roster/member")["entries"]
    assert lost["email"] not in {one["email"] for one in roster}

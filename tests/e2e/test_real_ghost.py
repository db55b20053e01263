"""Ghost itself: backed up with its pictures, changed, backed up again, a member and a post lost and given back."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from listbackup.connectors.ghost.connector import connector
from listbackup.services.runs import RunState
from listbackup.testing.applications import GhostSite, Refused, png
from listbackup.testing.keeper import Keeper

pytestmark = pytest.mark.real


def test_ghost_is_backed_up_and_a_lost_member_and_post_come_back(start_application: Callable[[str], dict[str, str]]) -> None:
    said = start_application("ghost")
    site = GhostSite(said["url"], said["admin_key"])
    site.fill()
    keeper = Keeper(connector(page_size=5), {"url": said["url"]}, {"admin_key": said["admin_key"]})

    first = keeper.back_up()
    assert first.state is RunState.SUCCEEDED, first.message
    members = {one["email"]: key for key, one in keeper.kept("members").items()}
    assert sorted(members) == [f"sailor{number}@people.example" for number in range(8)]
    posts = {one["title"]: key for key, one in keeper.kept("posts").items()}
    assert {"Log 0", "Log 1", "Log 3", "Log 4", "Log 6"} <= set(posts)
    assert list(keeper.files("posts", posts["Log 0"]).values()) == [png(0)]  # shown twice, kept once

    # a member is renamed, one comes, one goes; a post is edited, one goes
    time.sleep(1.1)
    site.ask("PUT", f"/members/{members['sailor0@people.example'][0]}/", {"members": [{"name": "Sailor Zero"}]})
    site.ask("POST", "/members/", {"members": [{"email": "late@people.example", "name": "Late"}]})
    lost, gone = members["sailor3@people.example"], posts["Log 1"]
    site.ask("DELETE", f"/members/{lost[0]}/")
    site.ask("DELETE", f"/posts/{gone[0]}/")
    second = keeper.back_up()
    assert second.state is RunState.SUCCEEDED, second.message
    now = {one["email"]: one for one in keeper.kept("members").values()}
    assert now["sailor0@people.example"]["name"] == "Sailor Zero"
    assert "late@people.example" in now
    assert keeper.evidence("posts", gone) == "vendor_tombstone"  # the trail of actions told
    assert lost in keeper.kept("members")  # it does not tell of members: only a full listing shows it
    full = keeper.back_up(full=True)
    assert full.state is RunState.SUCCEEDED, full.message
    assert lost not in keeper.kept("members")

    # both come back, with new ids and what was in them
    restored = keeper.restore("members", lost, seq=1)
    assert restored.result is not None
    assert (restored.result.created, restored.result.failed) == (1, 0), restored.result.problems
    back = [one for one in site.ask("GET", "/members/?limit=100")["members"] if one["email"] == "sailor3@people.example"]
    assert [(one["name"], one["note"], [label["name"] for label in one["labels"]]) for one in back] == [("Sailor 3", "Berth 3", ["Crew 3"])]
    reposted = keeper.restore("posts", gone, seq=1)
    assert reposted.result is not None
    assert (reposted.result.created, reposted.result.failed) == (1, 0), reposted.result.problems
    (post,) = [one for one in site.ask("GET", "/posts/?limit=100&formats=html,lexical")["posts"] if one["title"] == "Log 1"]
    assert "Øresund" in post["html"]
    assert post["status"] == "published"

    undone = keeper.undo(restored)
    assert undone.undo_result is not None
    assert undone.undo_result.deleted == 1
    with pytest.raises(Refused):
        site.ask("GET", f"/members/{back[0]['id']}/")

"""WordPress itself: backed up with its pictures, changed, backed up again, posts and a picture lost and given back."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from listbackup.connectors.wordpress.connector import connector
from listbackup.services.runs import RunState
from listbackup.testing.applications import Refused, WordPressSite, png
from listbackup.testing.keeper import Keeper

pytestmark = pytest.mark.real


def test_wordpress_is_backed_up_and_lost_posts_and_pictures_come_back(start_application: Callable[[str], dict[str, str]]) -> None:
    said = start_application("wordpress")
    site = WordPressSite(said["url"], said["user"], said["password"])
    site.fill()
    values = {"url": said["url"], "username": said["user"], "api": "/index.php?rest_route="}
    keeper = Keeper(connector(page_size=5), values, {"password": said["password"]})

    first = keeper.back_up()
    assert first.state is RunState.SUCCEEDED, first.message
    posts = keeper.kept("posts")
    assert sorted(one["title"]["raw"] for one in posts.values()) == ["Hello world!", *(f"Log {number}" for number in range(7))]
    assert all("raw" in one["content"] for one in posts.values())
    assert [list(keeper.files("media", key).values()) for key in keeper.kept("media")] == [[png(number)] for number in range(4)]

    # one post is edited, one is written, one is scheduled for the far future, one goes into the trash, one for good, and a picture too
    time.sleep(1.1)
    by_title = {one["title"]["raw"]: key for key, one in posts.items()}
    edited, trashed, gone = (by_title[f"Log {number}"] for number in (0, 1, 2))
    picture = next(iter(keeper.kept("media")))
    site.ask("POST", f"/wp/v2/posts/{edited[0]}", {"title": "Log 0, corrected"})
    site.ask("POST", "/wp/v2/posts", {"title": "Log 7", "content": "new", "status": "publish"})
    site.ask("POST", "/wp/v2/posts", {"title": "Log 2040", "content": "later", "status": "future", "date": "2040-01-01T00:00:00"})
    site.ask("DELETE", f"/wp/v2/posts/{trashed[0]}")
    site.ask("DELETE", f"/wp/v2/posts/{gone[0]}&force=true")
    site.ask("DELETE", f"/wp/v2/media/{picture[0]}&force=true")
    second = keeper.back_up()
    assert second.state is RunState.SUCCEEDED, second.message
    titles = {one["title"]["raw"] for one in keeper.kept("posts").values()}
    assert {"Log 0, corrected", "Log 7", "Log 2040"} <= titles
    assert trashed not in keeper.kept("posts")
    assert keeper.evidence("posts", trashed) == "vendor_tombstone"
    assert gone in keeper.kept("posts")  # an increment cannot see what was deleted for good

    # the scheduled post does not hide what changes after it
    site.ask("POST", f"/wp/v2/posts/{edited[0]}", {"title": "Log 0, again"})
    assert keeper.back_up().state is RunState.SUCCEEDED
    assert keeper.kept("posts")[edited]["title"]["raw"] == "Log 0, again"

    full = keeper.back_up(full=True)
    assert full.state is RunState.SUCCEEDED, full.message
    assert gone not in keeper.kept("posts")
    assert picture not in keeper.kept("media")

    # back: out of the trash with its id, anew with another, the picture with its bytes
    restored = keeper.restore("posts", trashed, gone, seq=1)
    assert restored.result is not None
    assert (restored.result.created, restored.result.failed) == (2, 0), restored.result.problems
    assert site.ask("GET", f"/wp/v2/posts/{trashed[0]}&context=edit")["status"] == "publish"
    anew = [one for one in site.ask("GET", "/wp/v2/posts&per_page=100&context=edit") if one["title"]["raw"] == "Log 2"]
    assert [one["content"]["raw"] for one in anew] == [posts[gone]["content"]["raw"]]
    with_picture = keeper.restore("media", picture, seq=1)
    assert with_picture.result is not None
    assert (with_picture.result.created, with_picture.result.failed) == (1, 0), with_picture.result.problems
    again = keeper.back_up(full=True)
    assert again.state is RunState.SUCCEEDED, again.message
    assert png(0) in [content for key in keeper.kept("media") for content in keeper.files("media", key).values()]

    undone = keeper.undo(restored)
    assert undone.undo_result is not None
    with pytest.raises(Refused):
        site.ask("GET", f"/wp/v2/posts/{anew[0]['id']}")

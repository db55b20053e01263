"""The facts of WordPress's REST API (``wp/v2``), each measured on 2026-11-21 against WordPress 6.1 with PHP 8.2; see README.md beside this."""

from __future__ import annotations

from listbackup.connectors.engine.facts import (
    Api,
    Ask,
    AttachmentFacts,
    Changed,
    EndAnswer,
    FlaggedDeletion,
    Limits,
    OneRecord,
    Param,
    Restore,
    SiteFacts,
    StreamFacts,
    Write,
)
from listbackup.connectors.engine.facts_auth import Basic
from listbackup.connectors.engine.facts_paging import PageNumber
from listbackup.connectors.engine.session import FactsConnector
from listbackup.connectors.wordpress.odd import WordPressSession

HOUR = 3600
LOOKBACK = 26 * HOUR  # the filter compares the site's local time: covers a change of the site's time zone between any two in the world
EDIT: dict[str, Param] = {"context": "edit"}  # with it the raw content comes, and without the right to it a 401 instead of a shorter list
STEADY: dict[str, Param] = {**EDIT, "orderby": "id", "order": "asc"}
PAST_THE_END = (EndAnswer(status=400, code="rest_post_invalid_page_number"),)
TRASHED = FlaggedDeletion(field="status", values=("trash",))


def _posts(name: str, label: str, page_size: int, *, fields: tuple[str, ...], references: dict[str, str]) -> StreamFacts:
    """Posts and pages: the same table of WordPress's, with a trash."""
    sent = ("date", "date_gmt", "slug", "status", "password", "title", "content", "author", "excerpt", "featured_media")
    only = (*sent, "comment_status", "ping_status", "template", *fields)
    unwrap = {"title": "raw", "content": "raw", "excerpt": "raw"}
    return StreamFacts(
        name=name,
        label=label,
        path=f"/{name}",
        params={**STEADY, "status": "any,trash"},
        paging=PageNumber(size=page_size, pages="header:X-WP-TotalPages"),
        total="header:X-WP-Total",
        end=PAST_THE_END,
        changed=Changed(field="modified_gmt", params={"modified_after": "{since}"}, format="iso_seconds", lookback_seconds=LOOKBACK),
        created="date_gmt",
        deletions=TRASHED,
        references={"author": "users", "featured_media": "media", **references},
        one=OneRecord(path=f"/{name}/{{id}}", params=EDIT),
        restore=Restore(
            create=Write(method="POST", path=f"/{name}", params=EDIT, only=only, unwrap=unwrap),
            update=Write(method="POST", path=f"/{name}/{{id}}", params=EDIT, only=only, unwrap=unwrap),
            delete=Write(method="DELETE", path=f"/{name}/{{id}}", params={"force": "true"}),
        ),
    )


def _terms(name: str, label: str, page_size: int, *, fields: tuple[str, ...], references: dict[str, str]) -> StreamFacts:
    """Tags and categories: no time of change, so they are always read in full."""
    only = ("description", "name", "slug", *fields)
    return StreamFacts(
        name=name,
        label=label,
        path=f"/{name}",
        params={**STEADY, "hide_empty": "false"},
        paging=PageNumber(size=page_size, pages="header:X-WP-TotalPages"),
        total="header:X-WP-Total",
        references=references,
        one=OneRecord(path=f"/{name}/{{id}}", params=EDIT),
        restore=Restore(
            create=Write(method="POST", path=f"/{name}", params=EDIT, only=only),
            update=Write(method="POST", path=f"/{name}/{{id}}", params=EDIT, only=only),
            delete=Write(method="DELETE", path=f"/{name}/{{id}}", params={"force": "true"}),
        ),
    )


def _users(page_size: int) -> StreamFacts:
    only = ("username", "name", "first_name", "last_name", "email", "url", "description", "locale", "nickname", "slug", "roles")
    return StreamFacts(
        name="users",
        label="Users",
        path="/users",
        params=STEADY,
        paging=PageNumber(size=page_size, pages="header:X-WP-TotalPages"),
        total="header:X-WP-Total",
        one=OneRecord(path="/users/{id}", params=EDIT),
        restore=Restore(
            update=Write(method="POST", path="/users/{id}", params=EDIT, only=tuple(name for name in only if name != "username")),
        ),
    )


def _media(page_size: int) -> StreamFacts:
    only = ("date", "date_gmt", "slug", "status", "title", "author", "comment_status", "ping_status", "template", "alt_text")
    written = {"title": "raw", "caption": "raw", "description": "raw"}
    return StreamFacts(
        name="media",
        label="Media",
        path="/media",
        params={**STEADY, "status": "inherit,private,trash"},
        paging=PageNumber(size=page_size, pages="header:X-WP-TotalPages"),
        total="header:X-WP-Total",
        end=PAST_THE_END,
        changed=Changed(field="modified_gmt", params={"modified_after": "{since}"}, format="iso_seconds", lookback_seconds=LOOKBACK),
        created="date_gmt",
        attachments=(AttachmentFacts(url="source_url", content_type="mime_type", size="media_details.filesize", version="modified_gmt"),),
        deletions=TRASHED,
        references={"author": "users", "post": "posts"},
        one=OneRecord(path="/media/{id}", params=EDIT),
        restore=Restore(
            create=Write(method="POST", path="/media"),
            files=True,
            update=Write(method="POST", path="/media/{id}", params=EDIT, only=(*only, "caption", "description", "post"), unwrap=written),
            delete=Write(method="DELETE", path="/media/{id}", params={"force": "true"}),
        ),
    )


def _comments(page_size: int) -> StreamFacts:
    only = ("author", "author_email", "author_ip", "author_name", "author_url", "author_user_agent", "content", "date", "date_gmt")
    more = ("parent", "post", "status")
    return StreamFacts(
        name="comments",
        label="Comments",
        path="/comments",
        params={**STEADY, "status": "any"},
        paging=PageNumber(size=page_size, pages="header:X-WP-TotalPages"),
        total="header:X-WP-Total",
        created="date_gmt",
        deletions=TRASHED,
        references={"post": "posts", "author": "users", "parent": "comments"},
        one=OneRecord(path="/comments/{id}", params=EDIT),
        restore=Restore(
            create=Write(method="POST", path="/comments", params=EDIT, only=(*only, *more), unwrap={"content": "raw"}),
            update=Write(method="POST", path="/comments/{id}", params=EDIT, only=(*only, *more), unwrap={"content": "raw"}),
            delete=Write(method="DELETE", path="/comments/{id}", params={"force": "true"}),
            side_effects=("WordPress tells the post's author and the moderator of a new comment, as its discussion settings say",),
        ),
    )


def api(page_size: int = 100) -> Api:
    """The platform, listed in pages of this many records (WordPress allows at most 100)."""
    return Api(
        platform="wordpress",
        label="WordPress",
        base_url="{url}{api}/wp/v2",
        config=(
            Ask(name="url", label="Address of the site", help="https://www.example.org, with the folder if it lives in one"),
            Ask(name="username", label="User name", help="an administrator or editor: what the user may not edit is not backed up"),
            Ask(
                name="password",
                label="Application password",
                secret=True,
                help="made under Users, Profile, Application Passwords; not the password that the user signs in with",
            ),
            Ask(
                name="api",
                label="Where the REST API is",
                required=False,
                default="/index.php?rest_route=",
                help="works on every site; /wp-json on sites with pretty permalinks",
            ),
        ),
        auth=Basic(),
        limits=Limits(concurrency=4),  # somebody's web host: a few PHP workers that also serve visitors
        site=SiteFacts(path="/users/me", name="name", account="slug"),
        streams=(
            _users(page_size),
            _terms("categories", "Categories", page_size, fields=("parent",), references={"parent": "categories"}),
            _terms("tags", "Tags", page_size, fields=(), references={}),
            _media(page_size),
            _posts(
                "posts",
                "Posts",
                page_size,
                fields=("format", "sticky", "categories", "tags"),
                references={"categories": "categories", "tags": "tags"},
            ),
            _posts("pages", "Pages", page_size, fields=("parent", "menu_order"), references={"parent": "pages"}),
            _comments(page_size),
        ),
    )


def connector(page_size: int = 100) -> FactsConnector:
    """The platform, ready to open connections."""
    return FactsConnector(api=api(page_size), session=WordPressSession)


CONNECTOR = connector()

"""The facts of Ghost's Admin API, each measured on 2026-11-21 against Ghost 5.130.6 on SQLite; see README.md beside this."""

from __future__ import annotations

from listbackup.connectors.engine.facts import (
    Api,
    Ask,
    AttachmentFacts,
    Changed,
    DeletionFeed,
    Limits,
    OneRecord,
    Param,
    Restore,
    SiteFacts,
    StreamFacts,
    Write,
)
from listbackup.connectors.engine.facts_auth import SignedJwt
from listbackup.connectors.engine.facts_paging import PageNumber
from listbackup.connectors.engine.session import FactsConnector
from listbackup.connectors.ghost.odd import GhostSession

LOOKBACK = 120
FORMATS: dict[str, Param] = {"formats": "html,lexical,mobiledoc"}
SEEN = (("last_seen",), ("updated_at",))  # move when a person signs in
AUTHORS = tuple((owner, *path) for owner in ("primary_author",) for path in SEEN) + tuple(("authors", "*", *path) for path in SEEN)
COUNTED = (("email_count",), ("email_opened_count",), ("email_open_rate",), ("last_seen_at",))  # engagement, not content


def _pages(page_size: int) -> PageNumber:
    """Past the end Ghost answers an empty page whose ``next`` goes on for ever: only ``pages`` and ``total`` tell the end."""
    return PageNumber(param="page", size_param="limit", size=page_size, pages="meta.pagination.pages")


def _changed() -> Changed:
    """The filter compares text on SQLite: with the ``T`` and ``Z`` of ISO 8601 it silently finds nothing."""
    return Changed(field="updated_at", params={"filter": "updated_at:>='{since}'"}, format="space", lookback_seconds=LOOKBACK)


def _feed(resource: str, page_size: int) -> DeletionFeed:
    """The trail of who did what; a page is a ``post`` in it."""
    return DeletionFeed(
        path="/actions/",
        records="actions",
        key=("resource_id",),
        at="created_at",
        params={"filter": f"event:deleted+resource_type:{resource}+created_at:>='{{since}}'"},
        format="space",
        paging=_pages(page_size),
        only={"resource_type": resource, "event": "deleted"},
    )


def _restore(name: str, *fields: str, params: dict[str, Param] | None = None, delete: bool = True, files: bool = False) -> Restore:
    """A record goes back wrapped in a list under the stream's name."""
    params = params or {}
    wrap = f"{name}.0"
    return Restore(
        create=Write(method="POST", path=f"/{name}/", params=params, wrap=wrap, only=fields, record=wrap),
        update=Write(method="PUT", path=f"/{name}/{{id}}/", params=params, wrap=wrap, only=(*fields, "updated_at"), record=wrap),
        delete=Write(method="DELETE", path=f"/{name}/{{id}}/") if delete else None,
        files=files,
    )


def _posts(name: str, label: str, page_size: int) -> StreamFacts:
    """Posts and pages."""
    texts = ("title", "slug", "lexical", "mobiledoc", "custom_excerpt", "canonical_url", "codeinjection_head", "codeinjection_foot")
    looks = ("feature_image", "feature_image_alt", "feature_image_caption", "custom_template", "featured", "frontmatter")
    social = ("meta_title", "meta_description", "og_image", "og_title", "og_description", "twitter_image", "twitter_title")
    rest = ("twitter_description", "status", "visibility", "published_at", "tags", "authors", "tiers")
    return StreamFacts(
        name=name,
        label=label,
        path=f"/{name}/",
        params={**FORMATS, "order": "id asc"},
        records=name,
        paging=_pages(page_size),
        total="meta.pagination.total",
        changed=_changed(),
        created="created_at",
        deletions=_feed("post", page_size),
        attachments=(AttachmentFacts(url="feature_image"),),  # and whatever else of this site the text shows: odd.py finds all of it
        volatile=(*AUTHORS, ("count",)),
        references={"tags.*.id": "tags", "authors.*.id": "users"},
        one=OneRecord(path=f"/{name}/{{id}}/", params=FORMATS, record=f"{name}.0"),
        restore=_restore(name, *texts, *looks, *social, *rest, params=FORMATS, files=True),
    )


def _members(page_size: int) -> StreamFacts:
    with_all: dict[str, Param] = {"include": "labels,newsletters"}
    return StreamFacts(
        name="members",
        label="Members",
        path="/members/",
        params={**with_all, "order": "id asc"},
        records="members",
        paging=_pages(page_size),
        total="meta.pagination.total",
        changed=_changed(),
        created="created_at",
        volatile=COUNTED,
        references={"labels.*.id": "labels", "newsletters.*.id": "newsletters"},
        one=OneRecord(path="/members/{id}/", params=with_all, record="members.0"),
        restore=_restore("members", "email", "name", "note", "labels", "newsletters", params=with_all),
    )


def _listed(
    name: str,
    label: str,
    page_size: int,
    restore: Restore,
    *,
    feed: str | None = None,
    params: dict[str, Param] | None = None,
    volatile: tuple[tuple[str, ...], ...] = (),
) -> StreamFacts:
    """The smaller streams."""
    return StreamFacts(
        name=name,
        label=label,
        path=f"/{name}/",
        params={**(params or {}), "order": "id asc"},
        records=name,
        paging=_pages(page_size),
        total="meta.pagination.total",
        changed=_changed() if feed else None,
        created="created_at",
        deletions=_feed(feed, page_size) if feed else None,
        volatile=volatile,
        one=OneRecord(path=f"/{name}/{{id}}/", params=params or {}, record=f"{name}.0"),
        restore=restore,
    )


def api(page_size: int = 100) -> Api:
    """The platform, listed in pages of this many records (Ghost gives at most 100, whatever is asked)."""
    tag = ("name", "slug", "description", "feature_image", "visibility", "accent_color", "canonical_url", "meta_title", "meta_description")
    newsletter = (
        "name",
        "description",
        "slug",
        "sender_name",
        "sender_reply_to",
        "status",
        "visibility",
        "subscribe_on_signup",
        "sort_order",
    )
    tier = ("name", "description", "slug", "active", "visibility", "welcome_page_url", "benefits", "trial_days")
    return Api(
        platform="ghost",
        label="Ghost",
        base_url="{url}/ghost/api/admin",
        config=(
            Ask(name="url", label="Address of the site's admin", help="https://example.ghost.io, without /ghost"),
            Ask(name="admin_key", label="Admin API key", secret=True, help="Settings, Integrations, Add custom integration; ID:SECRET"),
        ),
        auth=SignedJwt(key="{admin_key}", audience="/admin/", scheme="Ghost"),
        headers={"Accept-Version": "v5.0"},
        limits=Limits(concurrency=4),
        site=SiteFacts(path="/site/", name="site.title", account="site.site_uuid"),
        streams=(
            _listed(
                "users",
                "Staff",
                page_size,
                Restore(),
                params={"include": "roles"},
                volatile=SEEN,
            ),
            _listed("tags", "Tags", page_size, _restore("tags", *tag), feed="tag"),
            _listed("labels", "Labels", page_size, _restore("labels", "name", "slug"), feed="label"),
            _listed("newsletters", "Newsletters", page_size, _restore("newsletters", *newsletter, delete=False)),
            StreamFacts(
                name="tiers",
                label="Tiers",
                path="/tiers/",
                records="tiers",
                total="meta.pagination.total",
                one=OneRecord(path="/tiers/{id}/", record="tiers.0"),
                restore=_restore("tiers", *tier, delete=False),
            ),
            StreamFacts(
                name="offers",
                label="Offers",
                path="/offers/",
                records="offers",
                references={"tier.id": "tiers"},
                one=OneRecord(path="/offers/{id}/", record="offers.0"),
            ),
            _posts("posts", "Posts", page_size),
            _posts("pages", "Pages", page_size),
            _members(page_size),
        ),
    )


def connector(page_size: int = 100) -> FactsConnector:
    """The platform, ready to open connections."""
    return FactsConnector(api=api(page_size), session=GhostSession)


CONNECTOR = connector()

"""The facts of the simulated CRM that demonstrations, tests and benchmarks back up (``listbackup.testing.saas``)."""

from __future__ import annotations

from listbackup.connectors.demo_crm.odd import DemoSession
from listbackup.connectors.engine.facts import (
    Api,
    Ask,
    AttachmentFacts,
    Changed,
    DeletionFeed,
    FlaggedDeletion,
    OneRecord,
    Parent,
    Restore,
    SiteFacts,
    StreamFacts,
    Write,
)
from listbackup.connectors.engine.facts_auth import Bearer, OAuth2
from listbackup.connectors.engine.facts_paging import Cursor, NextUrl, Offset, PageNumber
from listbackup.connectors.engine.session import FactsConnector

MANAGED = ("object", "created_at", "updated_at", "deleted_at", "notes_count", "links", "size_bytes", "version", "url")
CHANGED = Changed(field="updated_at", params={"updated_since": "{since}"}, lookback_seconds=5)


def restore(stream: str, *, keeps_id: bool, files: bool = False) -> Restore:
    """Every stream is written back in the same way; only some come back under their old id."""
    omit = MANAGED if keeps_id else ("id", *MANAGED)
    return Restore(
        create=Write(method="POST", path=f"/v1/{stream}", omit=omit, idempotency_header="Idempotency-Key"),
        update=Write(method="PUT", path=f"/v1/{stream}/{{id}}", omit=("id", *MANAGED), if_match=True),
        delete=Write(method="DELETE", path=f"/v1/{stream}/{{id}}"),
        keeps_id=keeps_id,
        files=files,
    )


def api(page_size: int = 100) -> Api:
    """The platform, listed in pages of this many records."""
    return Api(
        platform="demo-crm",
        label="Demo CRM",
        base_url="{url}",
        config=(
            Ask(name="url", label="Address", help="as printed when the simulated CRM starts: http://127.0.0.1:PORT"),
            Ask(name="token", label="Token", secret=True, help="printed beside the address"),
        ),
        auth=Bearer(),
        oauth=OAuth2(
            authorize_url="/oauth/authorize",
            token_url="/oauth/token",  # noqa: S106  an address
            revoke_url="/oauth/revoke",
            issuer="/",
            scope="read write",
        ),
        site=SiteFacts(path="/v1/me", name="account.name", account="account.id"),
        error="error",
        streams=(
            StreamFacts(
                name="companies",
                label="Companies",
                path="/v1/companies",
                records="data",
                paging=Cursor(token="next_cursor", param="cursor", size_param="limit", size=page_size),  # noqa: S106  a place, not a secret
                total="total",
                changed=CHANGED,
                created="created_at",
                one=OneRecord(path="/v1/companies/{id}"),
                restore=restore("companies", keeps_id=True),
            ),
            StreamFacts(
                name="tags",
                label="Tags",
                path="/v1/tags",
                records="data",
                total="total",
                changed=CHANGED,
                one=OneRecord(path="/v1/tags/{id}"),
                restore=restore("tags", keeps_id=True),
            ),
            StreamFacts(
                name="contacts",
                label="Contacts",
                path="/v1/contacts",
                records="data",
                paging=PageNumber(param="page", size_param="per_page", size=page_size, pages="pages"),
                total="total",
                changed=CHANGED,
                created="created_at",
                deletions=DeletionFeed(
                    path="/v1/deletions",
                    records="data",
                    key=("id",),
                    at="deleted_at",
                    params={"object": "contacts", "since": "{since}"},
                    paging=Cursor(token="next_cursor", param="cursor", size_param="limit", size=page_size),  # noqa: S106  a place, not a secret
                ),
                references={"company_id": "companies"},
                one=OneRecord(path="/v1/contacts/{id}"),
                restore=restore("contacts", keeps_id=False),
            ),
            StreamFacts(
                name="deals",
                label="Deals",
                path="/v1/deals",
                records="data",
                paging=Offset(param="offset", size_param="limit", size=page_size),
                total="total",
                changed=CHANGED,
                created="created_at",
                deletions=FlaggedDeletion(field="deleted_at", params={"include_deleted": "true"}),
                references={"contact_id": "contacts"},
                one=OneRecord(path="/v1/deals/{id}"),
                restore=restore("deals", keeps_id=True),
            ),
            StreamFacts(
                name="notes",
                label="Notes",
                path="/v1/contacts/{contact}/notes",
                records="data",
                paging=NextUrl(url="links.next", size_param="limit", size=page_size),
                total="total",
                changed=Changed(field="updated_at"),
                parent=Parent(stream="contacts", fields={"contact": "id"}, count="notes_count", skip_empty=True, changed_with_parent=True),
                references={"contact_id": "contacts"},
                one=OneRecord(path="/v1/notes/{id}"),
                restore=restore("notes", keeps_id=False),
            ),
            StreamFacts(
                name="documents",
                label="Documents",
                path="/v1/documents",
                records="data",
                paging=PageNumber(param="page", size_param="per_page", size=page_size, pages="pages"),
                total="total",
                changed=CHANGED,
                created="created_at",
                attachments=(
                    AttachmentFacts(url="url", name="file_name", content_type="content_type", size="size_bytes", version="version"),
                ),
                references={"contact_id": "contacts"},
                one=OneRecord(path="/v1/documents/{id}"),
                restore=restore("documents", keeps_id=True, files=True),
            ),
        ),
    )


def connector(page_size: int = 100) -> FactsConnector:
    """The platform, ready to open connections."""
    return FactsConnector(api=api(page_size), session=DemoSession)


CONNECTOR = connector()

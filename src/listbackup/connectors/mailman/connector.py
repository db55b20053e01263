"""The facts of GNU Mailman 3's REST API, each measured on 2026-11-21 against Mailman core 3.3.10; see README.md beside this."""

from __future__ import annotations

from listbackup.connectors.engine.facts import Api, Ask, Limits, OneRecord, Parent, Restore, SiteFacts, StreamFacts, Write
from listbackup.connectors.engine.facts_auth import Basic
from listbackup.connectors.engine.facts_paging import PageNumber
from listbackup.connectors.engine.session import FactsConnector
from listbackup.connectors.mailman.odd import MailmanSession

ETAG = ("http_etag",)  # a digest of the other fields, the counting ones too
COUNTING = (ETAG, ("volume",), ("post_id",), ("last_post_at",), ("next_digest_number",), ("digest_last_sent_at",))

READ_ONLY = (  # PATCH answers 400 "Read-only attribute" for each
    *("http_etag", "created_at", "digest_last_sent_at", "last_post_at", "next_digest_number", "post_id", "usenet_watermark", "volume"),
    *("fqdn_listname", "list_name", "mail_host", "bounces_address", "join_address", "leave_address", "no_reply_address"),
    *("owner_address", "posting_address", "request_address"),
)


def _listed(name: str, label: str, key: str, page_size: int, restore: Restore, volatile: tuple[tuple[str, ...], ...] = ()) -> StreamFacts:
    """Mailman has no time of change anywhere: every stream is read in full. An empty listing has no ``entries``."""
    return StreamFacts(
        name=name,
        label=label,
        path=f"/{name}",
        records="entries",
        key=(key,),
        paging=PageNumber(param="page", size_param="count", size=page_size),
        total="total_size",
        left_out_when_empty=True,
        volatile=(ETAG, *volatile),
        one=OneRecord(path=f"/{name}/{{{key}}}"),
        restore=restore,
    )


def api(page_size: int = 100) -> Api:
    """The platform, listed in pages of this many records."""
    return Api(
        platform="mailman",
        label="GNU Mailman",
        base_url="{url}",
        config=(
            Ask(name="url", label="Address of the REST API", help="with its version: http://127.0.0.1:8001/3.1"),
            Ask(name="username", label="User name", default="restadmin", help="[webservice] admin_user in mailman.cfg"),
            Ask(name="password", label="Password", secret=True, help="[webservice] admin_pass in mailman.cfg"),
        ),
        auth=Basic(),
        limits=Limits(concurrency=4),
        site=SiteFacts(path="/system/versions", name="mailman_version", account="api_version"),
        streams=(
            _listed(
                "domains",
                "Domains",
                "mail_host",
                page_size,
                Restore(
                    create=Write(method="POST", path="/domains", only=("mail_host", "description", "alias_domain"), record=None),
                    update=Write(method="PATCH", path="/domains/{mail_host}", only=("description",), record=None),
                    delete=Write(method="DELETE", path="/domains/{mail_host}"),
                    keeps_id=True,
                    side_effects=(),
                ),
            ),
            _listed(
                "lists",
                "Lists",
                "list_id",
                page_size,
                Restore(
                    create=Write(method="POST", path="/lists", only=("fqdn_listname",), record=None),
                    delete=Write(method="DELETE", path="/lists/{list_id}"),
                    keeps_id=True,
                ),
                volatile=(("member_count",), ("volume",)),
            ),
            StreamFacts(
                name="list_settings",
                label="List settings",
                path="/lists/{list}/config",
                single=True,
                key=("parent.list",),
                parent=Parent(stream="lists", fields={"list": "list_id"}),
                volatile=COUNTING,
                one=OneRecord(path="/lists/{list}/config"),
                restore=Restore(update=Write(method="PATCH", path="/lists/{list}/config", omit=READ_ONLY, record=None)),
            ),
            _listed("users", "Users", "user_id", page_size, Restore()),
            _listed(
                "addresses",
                "Addresses",
                "email",
                page_size,
                Restore(
                    create=Write(method="POST", path="/users", record=None),
                    delete=Write(method="DELETE", path="/addresses/{email}"),
                    keeps_id=True,
                ),
            ),
            _listed(
                "members",
                "Members",
                "member_id",
                page_size,
                Restore(
                    create=Write(method="POST", path="/members", record=None),
                    update=Write(method="PATCH", path="/members/{member_id}", only=("delivery_mode", "moderation_action"), record=None),
                    delete=Write(method="DELETE", path="/members/{member_id}"),
                    side_effects=("subscribed at once: nobody is asked, nobody gets mail",),
                ),
            ),
            StreamFacts(
                name="bans",
                label="Bans",
                path="/lists/{list}/bans",
                records="entries",
                key=("list_id", "email"),
                paging=PageNumber(param="page", size_param="count", size=page_size),
                total="total_size",
                left_out_when_empty=True,
                parent=Parent(stream="lists", fields={"list": "list_id"}),
                volatile=(ETAG,),
                one=OneRecord(path="/lists/{list_id}/bans/{email}"),
                restore=Restore(
                    create=Write(method="POST", path="/lists/{record.list_id}/bans", only=("email",), record=None),
                    delete=Write(method="DELETE", path="/lists/{list_id}/bans/{email}"),
                    keeps_id=True,
                ),
            ),
        ),
    )


def connector(page_size: int = 100) -> FactsConnector:
    """The platform, ready to open connections."""
    return FactsConnector(api=api(page_size), session=MailmanSession)


CONNECTOR = connector()

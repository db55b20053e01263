"""The rooms of identity over any tables, with hashes that cost next to nothing, and the letters it sends."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.identity.builtin import BuiltinIdentity
from listbackup.backends.identity.port import Client, Factor, Identity, Person, Session, SessionKind
from listbackup.backends.identity.settings import HashCost, IdentitySettings
from listbackup.backends.identity.totp import code_of, step_of
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.mail.memory import MemoryMail
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock
from listbackup.services.activity import Activities
from listbackup.services.auth import Auth, AuthGround, SecondStep, SignedIn
from listbackup.services.desk import Desk
from listbackup.services.post import Post
from listbackup.services.users import Users
from listbackup.testing.clock import ManualClock
from listbackup.testing.keys import memory_scope, memory_seal

CHEAP = HashCost(memory_kib=64, passes=1, below_floor=True, at_once=64, wait_seconds=60)
PASSWORD = "correct horse battery staple"  # noqa: S105 - everybody's, in tests
MakeIdentity = Callable[[Desk, KeyScope, IdentitySettings], Identity]
_TOKEN = re.compile(r"#token=(\S+)")


@dataclass(slots=True, kw_only=True)
class Doors:
    """Auth and users with their ground; ``client`` is where requests come from."""

    clock: Clock
    tables: Tables
    desk: Desk
    identity: Identity
    ground: AuthGround
    auth: Auth
    users: Users
    post: Post
    mail: MemoryMail
    activities: Activities
    client: Client = field(default_factory=lambda: Client(address="", agent="test"))  # no address: throttled by name only

    def link(self, to: str) -> str:
        """The token of the newest link that was sent to this address."""
        self.post.dispatch()
        tokens = [found[1] for letter in self.mail.sent if letter.to == to and (found := _TOKEN.search(letter.text))]
        return tokens[-1]

    def person(self, email: str = "ada@example.com", password: str = PASSWORD) -> Person:
        """Somebody registered and verified."""
        self.auth.register(email, password, self.client)
        return self.auth.verify_email(self.link(email), password)

    def sign_in(self, email: str = "ada@example.com", password: str = PASSWORD, *, kind: SessionKind = SessionKind.BROWSER) -> SignedIn:
        """In by password alone."""
        entered = self.auth.login(email, password, self.client, kind=kind)
        assert isinstance(entered, SignedIn)
        return entered

    def enrol(self, entered: SignedIn) -> tuple[bytes, list[str], Session]:
        """One-time codes set up: seed, recovery codes, and the session."""
        setup = self.auth.factors.begin_totp(entered.person, entered.session)
        seed = base64.b32decode(setup.secret)
        codes, session = self.auth.factors.confirm_totp(entered.person, entered.session, self.code(seed))
        self.clock.sleep(30)  # the code of this step is used
        return seed, list(codes), session

    def second_step(self, code: str, factor: Factor = Factor.TOTP, *, email: str = "ada@example.com") -> SignedIn:
        """In by password and this code."""
        step = self.auth.login(email, PASSWORD, self.client, kind=SessionKind.BROWSER)
        assert isinstance(step, SecondStep)
        return self.auth.second_step(step.ticket, factor, code, self.client, kind=SessionKind.BROWSER)

    def code(self, seed: bytes) -> str:
        """The one-time code of this moment."""
        return code_of(seed, step_of(self.clock.now()))


def built_in(desk: Desk, scope: KeyScope, figures: IdentitySettings) -> Identity:
    """The identity that needs nobody else."""
    return BuiltinIdentity(desk.tables, scope, desk.clock, figures)


def doors(
    tables: Tables | None = None,
    *,
    clock: ManualClock | None = None,
    figures: IdentitySettings | None = None,
    make: MakeIdentity = built_in,
) -> Doors:
    """Everything over memory, or over these tables."""
    clock = clock or ManualClock()
    tables = tables or MemoryTables(clock)
    desk = Desk(tables, OutboxEvents(tables), clock)
    return doors_over(desk, Activities(desk, memory_seal()), clock=clock, figures=figures, make=make)


def doors_over(
    desk: Desk,
    activities: Activities,
    *,
    clock: Clock,
    figures: IdentitySettings | None = None,
    make: MakeIdentity = built_in,
) -> Doors:
    """Everything over a desk that others work on too."""
    figures = replace(figures or IdentitySettings(), hash_cost=CHEAP)
    scope = memory_scope("installation")
    mail = MemoryMail()
    post = Post(desk, mail, scope)
    identity = make(desk, scope, figures)
    ground = AuthGround(desk=desk, identity=identity, post=post, figures=figures, web_url="http://localhost:8400")
    return Doors(
        clock=clock,
        tables=desk.tables,
        desk=desk,
        identity=identity,
        ground=ground,
        auth=Auth(ground),
        users=Users(ground),
        post=post,
        mail=mail,
        activities=activities,
    )

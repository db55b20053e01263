"""What auth stands on, in one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from listbackup.backends.identity.port import Identity
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.identity.throttle import Throttle
from listbackup.backends.identity.tickets import Tickets
from listbackup.base.ids import UserId
from listbackup.services.auth.acts import Acts
from listbackup.services.auth.letters import Letters
from listbackup.services.desk import Desk
from listbackup.services.post import Post

Privileged = Callable[[UserId], bool]


@dataclass(slots=True, kw_only=True)
class AuthGround:
    """The identity, the figures, where links lead (from the settings, never from a request), and who is privileged (``accounts`` says so once it is there)."""

    desk: Desk
    identity: Identity
    post: Post
    figures: IdentitySettings
    web_url: str
    is_privileged: Privileged = lambda _: False
    acts: Acts = field(init=False)
    throttle: Throttle = field(init=False)
    tickets: Tickets = field(init=False)
    letters: Letters = field(init=False)

    def __post_init__(self) -> None:
        self.acts = Acts(self.desk)
        self.throttle = Throttle(self.desk.tables, self.desk.clock, self.figures)
        self.tickets = Tickets(self.desk.tables, self.desk.clock)
        self.letters = Letters(self.post, product=self.figures.product, web_url=self.web_url)

"""Who signs in here: the ground's identity over the installation's own keys, its letters, and how people come to be known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.keyring.account_keys import INSTALLATION, AccountKeys
from listbackup.bootstrap.settings import Settings
from listbackup.bootstrap.site import Site
from listbackup.services.accounts import Accounts
from listbackup.services.auth import Auth, AuthGround
from listbackup.services.desk import Desk
from listbackup.services.post import Post
from listbackup.services.users import Admission, Invited, Registration, Users


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Everything about people that is not about accounts."""

    auth: Auth
    users: Users
    registration: Registration
    post: Post


def open_doors(desk: Desk, keys: AccountKeys, accounts: Accounts, site: Site, settings: Settings, *, invited: Invited) -> Doors:
    """The doors of this installation; its own keys are made when it has none yet."""
    keys.create(INSTALLATION)
    scope = keys.for_account(INSTALLATION)
    figures = figures_of(settings.serve.public_url, settings.serve.port)
    post = Post(desk, site.mail(), scope)
    identity = site.identity(desk, scope, figures)
    ground = AuthGround(desk=desk, identity=identity, post=post, figures=figures, web_url=figures.issuer)
    auth, users = Auth(ground), Users(ground)
    auth.rank(accounts.members.is_privileged)
    registration = Registration(ground, auth, users, accounts, admission=Admission(settings.serve.registration), invited=invited)
    return Doors(auth=auth, users=users, registration=registration, post=post)


def figures_of(public_url: str | None, port: int, figures: IdentitySettings = IdentitySettings()) -> IdentitySettings:
    """The figures for an installation at this address. Passkeys belong to its host; on this machine that is ``localhost``, because an address cannot have any."""
    url = (public_url or f"http://127.0.0.1:{port}").rstrip("/")
    host = urlsplit(url).hostname or "localhost"
    local = (f"http://localhost:{port}",) if host in ("127.0.0.1", "localhost", "::1") else ()
    return replace(figures, issuer=url, relying_party="localhost" if local else host, origins=(*local, url))

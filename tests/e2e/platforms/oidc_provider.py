"""oidc-provider (MIT, from npm; certified by the OpenID Foundation) as a platform's sign-in page, with ``/me`` as its API.

It rotates refresh tokens, ends the whole grant when one comes twice, insists on PKCE, and says on the way back who it is (RFC 9207).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from application import cache_folder, cannot, kill, main, need, run, spawn, wait_for

VERSION = "9.13.3"
HOME = cache_folder(f"oidc-provider-{VERSION}")
CLIENT, SECRET = "backup", "backup-secret"
REDIRECT = "http://127.0.0.1:8400/v2/oauth/callback"
SERVER = """
import { Provider } from 'oidc-provider';
const [port, client, secret, redirect] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: client, client_secret: secret, redirect_uris: [redirect], grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'], token_endpoint_auth_method: 'client_secret_post',
  }],
  pkce: { required: () => true },
  ttl: { AccessToken: 2, RefreshToken: 86400, AuthorizationCode: 60, Grant: 86400, Session: 86400, Interaction: 600 },
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  cookies: { keys: ['k'] },
});
provider.listen(Number(port), '127.0.0.1');
"""


def install() -> None:
    """The package and what it needs; about ten seconds."""
    if (HOME / "ready").exists():
        return
    need("node", "npm")
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "package.json").write_text('{"private": true}')
    log = HOME / "install.log"
    run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", f"oidc-provider@{VERSION}", log=log, cwd=HOME)
    (HOME / "server.mjs").write_text(SERVER)
    (HOME / "ready").touch()


def start(state: Path, port: int) -> Mapping[str, str]:
    """A fresh provider; it keeps nothing."""
    if not (HOME / "ready").exists():
        cannot("oidc-provider is not installed: run this script with `install` first")
    (HOME / "server.mjs").write_text(SERVER)
    process = spawn("oidc", "node", HOME / "server.mjs", str(port), CLIENT, SECRET, REDIRECT, state=state, cwd=HOME)
    url = f"http://127.0.0.1:{port}"
    wait_for(f"{url}/.well-known/openid-configuration", process=process)
    return {"url": url, "client_id": CLIENT, "client_secret": SECRET, "redirect": REDIRECT}


def stop(state: Path) -> None:
    """End the process."""
    kill("oidc", state)


if __name__ == "__main__":
    main(install, start, stop)

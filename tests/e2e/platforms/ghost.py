"""Ghost (MIT, from the npm registry) on Node with SQLite, everything but the code in the state folder."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Mapping
from http.cookiejar import CookieJar
from pathlib import Path

from application import cache_folder, cannot, kill, main, need, run, spawn, wait_for

VERSION = "5.130.6"
HOME = cache_folder(f"ghost-{VERSION}")
PACKAGE = HOME / "package"
FOLDERS = ["data", "images", "themes", "logs", "settings", "media", "files", "adapters", "public"]
OWNER = {"name": "Owner", "email": "owner@example.com", "password": "Sup3rSecretPass!", "blogTitle": "Peer"}


def install() -> None:
    """The package and its dependencies; about five minutes."""
    if (HOME / "ready").exists():
        return
    need("node", "npm", "tar")
    HOME.mkdir(parents=True, exist_ok=True)
    log = HOME / "install.log"
    run("npm", "pack", f"ghost@{VERSION}", log=log, cwd=HOME)
    run("tar", "xzf", f"ghost-{VERSION}.tgz", log=log, cwd=HOME)
    _registry_only(PACKAGE / "package.json")
    run("npm", "install", "--omit=dev", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund", log=log, cwd=PACKAGE)
    run("npm", "rebuild", "sqlite3", log=log, cwd=PACKAGE)
    (HOME / "ready").touch()


def _registry_only(file: Path) -> None:
    """One dependency of a dependency is named by a git address; the same package is in the registry."""
    facts = json.loads(file.read_text())
    facts.setdefault("overrides", {})["mock-knex"] = "npm:mock-knex@0.4.13"
    facts.pop("devDependencies", None)
    file.write_text(json.dumps(facts, indent=1))


def start(state: Path, port: int) -> Mapping[str, str]:
    """A fresh or existing Ghost in ``state``, with an owner and an Admin API key."""
    if not (HOME / "ready").exists():
        cannot("Ghost is not installed: run this script with `install` first")
    for folder in FOLDERS:
        (state / "content" / folder).mkdir(parents=True, exist_ok=True)
    if not any((state / "content/themes").iterdir()):
        shutil.copytree(PACKAGE / "content/themes", state / "content/themes", dirs_exist_ok=True)
    # Ghost must be started in its own folder, and takes its configuration from the environment too: nothing of ours is written there
    settings = {
        "NODE_ENV": "development",
        "url": f"http://127.0.0.1:{port}",
        "server__host": "127.0.0.1",
        "server__port": str(port),
        "database__client": "sqlite3",
        "database__connection__filename": str(state / "content/data/ghost.db"),
        "database__useNullAsDefault": "true",
        "mail__transport": "Direct",
        "logging__transports": '["stdout"]',
        "logging__level": "error",
        "paths__contentPath": str(state / "content"),
        "privacy__useUpdateCheck": "false",
        "privacy__useGravatar": "false",
        "privacy__useRpcPing": "false",
        "privacy__useStructuredData": "false",
        "security__staffDeviceVerification": "false",
        "spam__user_login__freeRetries": "10000",
    }
    process = spawn("ghost", "node", "ghost.js", state=state, cwd=PACKAGE, env=settings)
    wait_for(f"http://127.0.0.1:{port}/ghost/api/admin/site/", seconds=180, process=process)
    key = state / "key"
    if not key.exists():
        key.write_text(_admin_key(f"http://127.0.0.1:{port}"))
    return {"url": f"http://127.0.0.1:{port}", "admin_key": key.read_text()}


def _admin_key(site: str) -> str:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def post(path: str, body: object) -> bytes:
        headers = {"Content-Type": "application/json", "Origin": site}
        request = urllib.request.Request(f"{site}/ghost/api/admin{path}", json.dumps(body).encode(), headers)
        with browser.open(request, timeout=60) as answer:
            content: bytes = answer.read()
            return content

    post("/authentication/setup/", {"setup": [OWNER]})
    post("/session/", {"username": OWNER["email"], "password": OWNER["password"]})
    made = json.loads(post("/integrations/?include=api_keys", {"integrations": [{"name": "backup"}]}))
    keys = made["integrations"][0]["api_keys"]
    return str(next(key["secret"] for key in keys if key["type"] == "admin"))


def stop(state: Path) -> None:
    """End Node."""
    kill("ghost", state)


if __name__ == "__main__":
    main(install, start, stop)

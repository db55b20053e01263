"""The web app's built files, served beside the API: from memory, with their own policy, an address with an id answered by its page's file."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from listbackup.api.door import SECURITY
from listbackup.base.decode import from_json

BUILT = Path(__file__).parent / "web"  # `make web` puts the files there, the wheel brings them
_FOREVER, _ASK = "public, max-age=31536000, immutable", "no-cache"
_NAMED_BY_CONTENT = "/_next/static/"
_WORKER = "default-src 'none'; connect-src 'self'"  # the service worker lives under the policy that its own file came with
_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """``_ui.json``, which the build writes: the addresses there are (``_`` stands for any id) and the hashes of each page's inline scripts."""

    revision: str
    pages: tuple[str, ...]
    scripts: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    plain: bytes
    squeezed: bytes | None  # by brotli, where that is smaller
    headers: Mapping[str, str]


class Pages:
    """Answers every address that is not the API's. Raises OSError and msgspec.DecodeError when the folder is no build."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._plan = from_json((folder / "_ui.json").read_bytes(), Plan)
        self._parts = [page.split("/") for page in self._plan.pages]
        self._files = {name: _read(path, name, self._plan) for path in sorted(folder.rglob("*")) if (name := _name(path, folder))}

    def answer(self, request: Request) -> Response | None:
        """The file of this address, 404.html for a page that does not exist; None where the API should say so."""
        if request.method not in ("GET", "HEAD"):
            return None
        file = self._find(request.scope["path"])
        status = 200
        if file is None:
            if "text/html" not in request.headers.get("accept", ""):
                return None
            file, status = self._files["/404.html"], 404
        return _response(file, request, status)

    def _find(self, path: str) -> _File | None:
        file = self._files.get(path)
        if file is not None:
            return file
        page, tail = _split(path)
        found = self._page(page)
        return None if found is None else self._files.get(f"{found}{tail}" if tail != ".html" or found != "/" else "/index.html")

    def _page(self, path: str) -> str | None:
        """The first page of the plan that fits: part by part, ``_`` fits anything."""
        asked = path.split("/")
        for page, parts in zip(self._plan.pages, self._parts, strict=True):
            if len(parts) == len(asked) and all(one == other or (one == "_" and other) for one, other in zip(parts, asked, strict=True)):
                return page
        return None


def built(folder: Path = BUILT) -> Pages | None:
    """The web app, or None where it was not built (a checkout without ``make web``)."""
    return Pages(folder) if (folder / "_ui.json").is_file() else None


def file_headers(folder: Path = BUILT) -> Iterator[tuple[str, Path, Mapping[str, str]]]:
    """Every file of a build: its address, where it lies, and the headers that go with it; for whoever serves the files without this process."""
    plan = from_json((folder / "_ui.json").read_bytes(), Plan)
    for path in sorted(folder.rglob("*")):
        if name := _name(path, folder):
            yield name, path, _headers(path, name, plan, path.read_bytes())


def _split(path: str) -> tuple[str, str]:
    """An address and what is asked of it: the page itself, or one of the data files that the app fetches when it goes there."""
    page, _, last = path.rpartition("/")
    if last.startswith("__next.") and last.endswith(".txt"):
        return page or "/", f"/{last}"
    if last.endswith(".txt"):
        return path[: -len(".txt")], ".txt"
    return path, ".html"


def _name(path: Path, folder: Path) -> str | None:
    if not path.is_file() or path.suffix == ".br" or path.name.startswith(("_ui.", "_weights.")):
        return None
    return "/" + path.relative_to(folder).as_posix()


def _read(path: Path, name: str, plan: Plan) -> _File:
    plain, squeezed = path.read_bytes(), path.with_name(path.name + ".br")
    return _File(plain=plain, squeezed=squeezed.read_bytes() if squeezed.is_file() else None, headers=_headers(path, name, plan, plain))


def _headers(path: Path, name: str, plan: Plan, plain: bytes) -> Mapping[str, str]:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {
        "content-type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        "cache-control": _FOREVER if name.startswith(_NAMED_BY_CONTENT) else _ASK,
        "etag": f'"{hashlib.sha256(plain).hexdigest()[:32]}"',
        "vary": "accept-encoding",
        "content-security-policy": _policy_of(path, name, plan),
    }


def _policy_of(path: Path, name: str, plan: Plan) -> str:
    if path.suffix == ".html":
        return _policy(plan.scripts.get(_address(name), ()))
    return _WORKER if name == "/sw.js" else SECURITY["content-security-policy"]


def _address(name: str) -> str:
    return name.removesuffix(".html").removesuffix("/index") or "/"


def _policy(hashes: Sequence[str]) -> str:
    """Scripts of ours alone, those inside a page by their hash; nothing is fetched from anybody else, and nobody frames it."""
    scripts = " ".join(("'self'", *(f"'{one}'" for one in hashes)))
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _response(file: _File, request: Request, status: int) -> Response:
    if status == 200 and file.headers["etag"] in request.headers.get("if-none-match", ""):
        # a browser takes the policy of a 304 in place of the one it kept
        return Response(status_code=304, headers={name: value for name, value in file.headers.items() if name != "content-type"})
    headers = dict(file.headers)
    body = file.plain
    if file.squeezed is not None and "br" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = file.squeezed, "br"
    return Response(body, status_code=status, headers=headers)


__all__ = ["Pages", "built", "file_headers"]

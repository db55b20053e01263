"""What the server says is English, and the web app says it in its readers' languages: every sentence that they may meet has a pattern there."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from listbackup.base.errors import PlatformFault
from listbackup.connectors.engine.faults import Reason
from listbackup.http.problem import all_kinds

ROOT = Path(__file__).parents[2]
SOURCE, MESSAGES = ROOT / "src" / "listbackup", ROOT / "web" / "messages"

# Whose sentences reach a person in a browser. What stands elsewhere is met at the command line, in logs, or by nobody who has done it right.
ROOMS = ("api", "http", "services", "processor", "connectors/engine", "connectors/rest", "backends/identity", "store/retention.py", "bootstrap/probes.py")  # fmt: skip
APART = {
    "api/server.py": "the command line",
    "api/services.py": "the command line",
    "api/lambda_http.py": "the log of a function",
    "processor/export.py": "the command line",
    "processor/export_files.py": "the command line",
    "backends/identity/settings.py": "the start of the server",
    "backends/identity/cognito_pool.py": "the deployment",
    "connectors/engine/template.py": "who writes a connector",
    "services/system/copy_file.py": "the command line",
}
# For those who write programs, or for nobody outside: no screen of the web app calls these forth.
FOR_PROGRAMS = frozenset(
    """
this Idempotency-Key was used for another request
use a new key for a new request
a request with this Idempotency-Key is being answered
owner, admin, manager, operator, viewer, or a role's id
this is no cursor of this listing
begin again without one
Last-Event-ID is no id of an event
the cursor is none of this listing
take `next` of the page before
a browser comes back to this server
a snapshot says already which source and when
the cursor does not belong to this listing
start again without a cursor
a page that is filtered or sorted begins by its cursor
a page begins by a cursor, behind a key or at a position
give one of them
only records in order, and all of them, can be asked for by position
go on by cursor
a change set says itself which records
say of which streams or records these are the fields
copies of X1 installations lie there: X1
choose with --installation
pip install 'listbackup[parquet]'
pip install 'listbackup[xlsx]'
listbackup connect rest --file my-api.yaml
a checkpoint names no page
status X1
refused
the Authorization header holds no bearer credential
send  Authorization: Bearer …
it stands in the answer of the sign-in and of /auth/status
call from a page of this server, or use an API key or an access token
make one with:  listbackup api-key create NAME
the export was cancelled
this reading was iterated or closed before
the outcome is known when everything was read
write characters beyond U+FFFF as they are, or as \\U0001F986
""".strip().splitlines()
)
UNTOLD = ("NotFound", "BackendError", "StoreError", "Interrupted")  # their own sentence stays inside
MAKERS = {
    "denied": slice(1),
    "unreachable": slice(1),
    "_error": slice(1, 3),
    "wrong_field": slice(1, 2),
}  # functions that make errors of sentences
KEPT = {"ChainBreak", "EntryShown", "Newest", "Verdict", "replace"}  # what holds sentences that are shown without being raised


@cache
def bases() -> Mapping[str, tuple[str, ...]]:
    """Every class of the package by its name, and what it is made of; what the client calls the same is another class."""
    paths = (path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] != "client")
    classes = (node for path in paths for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))
    return {one.name: tuple(base.id for base in one.bases if isinstance(base, ast.Name)) for one in classes}


@cache
def tree(path: Path) -> ast.Module:
    """The module of this file."""
    return ast.parse(path.read_text())


def is_a(name: str, top: str) -> bool:
    """Whether the class of this name is, or comes from, that one."""
    return name == top or any(is_a(base, top) for base in bases().get(name, ()) if base != name)


def place_of_sentence(call: ast.Call) -> slice | None:
    """Which arguments of the call are sentences that go out; None where none is."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in MAKERS:
        return MAKERS[name]
    if not is_a(name, "ListBackupError") or any(is_a(name, one) for one in UNTOLD):
        return None
    return slice(1, 2) if is_a(name, "Refused") or is_a(name, "BadAnswer") else slice(1)


def texts(node: ast.expr, names: Mapping[str, list[str]]) -> list[str]:
    """The texts that an expression can be, ``X1`` for what is filled in; a text that comes from elsewhere is none."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return ["".join(part.value if isinstance(part, ast.Constant) else _filled(part) for part in parts)]  # type: ignore[misc]
        case ast.IfExp(body=one, orelse=other):
            return texts(one, names) + texts(other, names)
        case ast.BoolOp(values=several):
            return [text for one in several for text in texts(one, names)]
        case ast.Name(id=name):
            return names.get(name, [])
        case ast.Dict(values=several):
            return [text for one in several for text in texts(one, names)]
        case ast.Call(func=ast.Attribute(value=table, attr="get")):
            return texts(table, names)
    return []


def _filled(part: ast.expr) -> str:
    return "'X1'" if isinstance(part, ast.FormattedValue) and part.conversion == ord("r") else "X1"


def said(path: Path) -> Iterator[tuple[str, int]]:
    """Every sentence and hint of this module, and its line."""
    module = tree(path)
    whole = assigned(module.body)
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    for scope in (*functions, module):
        names = {**whole, **assigned(list(ast.walk(scope)))} if scope is not module else whole
        for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call)):
            yield from ((text, call.lineno) for one in sentences_of(call) for text in texts(one, names))


def assigned(nodes: list[ast.AST] | list[ast.stmt]) -> dict[str, list[str]]:
    """Which texts the names have that these statements give texts to."""
    found: dict[str, list[str]] = {}
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.setdefault(name, []).extend(texts(value, {}))
            case ast.Assign(targets=[ast.Tuple(elts=several)], value=ast.Tuple(elts=values)):
                for one, value in zip(several, values, strict=False):
                    if isinstance(one, ast.Name):
                        found.setdefault(one.id, []).extend(texts(value, {}))
    return found


def sentences_of(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that people get to read."""
    at = place_of_sentence(call)
    if at is not None:
        yield from call.args[at]
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "hint")
    elif isinstance(call.func, ast.Name) and call.func.id in KEPT:
        yield from (keyword.value for keyword in call.keywords if keyword.arg in ("message", "problem", "hint"))
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "__init__" and call.args:
        yield call.args[0]


def patterns() -> list[re.Pattern[str]]:
    """The sentences that the web app knows, as it reads them."""
    sentences = json.loads((MESSAGES / "en" / "said.json").read_text()).values()
    return [re.compile(re.sub(r"\\\{\w+\\\}", ".+?", re.escape(one)).replace("’", "[’'\"]")) for one in sentences]


def modules() -> Iterator[Path]:
    """The files whose sentences people meet."""
    for room in ROOMS:
        place = SOURCE / room
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


def test_every_sentence_that_a_reader_of_the_web_app_meets_has_a_pattern() -> None:
    known = patterns()
    unknown = {
        text: f"{path.relative_to(SOURCE)}:{line}"
        for path in modules()
        if str(path.relative_to(SOURCE)) not in APART
        for text, line in said(path)
        if text.strip() and text not in FOR_PROGRAMS and not any(one.fullmatch(text) for one in known)
    }
    assert unknown == {}, "add them to web/messages/*/said.json, or say in this test who else reads them"


@pytest.mark.parametrize("language", [path.name for path in sorted(MESSAGES.iterdir()) if path.name != "en"])
def test_a_translation_fills_in_nothing_but_what_its_sentence_has(language: str) -> None:
    english, other = (json.loads((MESSAGES / one / "said.json").read_text()) for one in ("en", language))
    places: Callable[[str], set[str]] = lambda text: set(re.findall(r"\{(\w+)", text))  # noqa: E731
    assert {key: text for key, text in other.items() if not places(re.sub(r"\w+ \{[^{}]*\}", "", text)) <= places(english[key])} == {}


def test_every_code_of_a_problem_and_every_reason_of_a_run_has_words() -> None:
    words = json.loads((MESSAGES / "en" / "server.json").read_text())
    codes = {f"server.code.{kind.code}" for kind in all_kinds()}
    reasons = {f"server.reason.{one.value}" for kind in (PlatformFault, Reason) for one in kind}
    assert sorted((codes | reasons) - set(words)) == []

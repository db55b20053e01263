"""Makes the folders that the functions of the cloud consist of: ``python tools/build_functions.py OUT [--python 3.12] [--only http]``.

``OUT/<function>/`` holds what that function imports and nothing else: which modules of ours it reaches is read from their import statements, also from those inside of
functions; which packages those need, from the same statements. The packages come as wheels for the function's Linux, whatever this machine is. Bytecode is compiled here and
never checked again (unchecked-hash), because a function cannot write where its code lies and would compile it anew at every cold start.
Source: docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (Amazon Linux 2, under Python 3.11, has glibc 2.26; Amazon Linux 2023 has 2.34) and python-package.html, read 2026-11-21.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from pip._vendor.packaging.requirements import Requirement  # what pip itself reads them with

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PACKAGE = "listbackup"
RUNTIME = "3.12"  # of the functions: the first on Amazon Linux 2023, whose glibc the wheels of numpy and cbor2 need (docs/decisions/0324)
GLIBC = 34  # of Amazon Linux 2023: 2.34
PYTHONS = ("3.11", "3.12", "3.13")  # others than the runtime's are for the emulator, which runs functions in its own Python


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a function begins. ``chooses``: modules that import one thing or another inside of functions, of which this function calls some: what it needs of those is named."""

    modules: tuple[str, ...]
    chooses: frozenset[str] = frozenset()


ENTRIES = {
    "http": Entry(("listbackup.api.lambda_http",)),
    "authorizer": Entry(
        (
            "listbackup.api.lambda_authorizer",
            "listbackup.bootstrap.identity",
            "listbackup.services.accounts.api_keys",
            "listbackup.bootstrap.aws",
        ),
        frozenset({"listbackup.bootstrap.system", "listbackup.services.sources", "listbackup.services.data"}),
    ),
    "worker": Entry(("listbackup.worker.lambda_handlers", "listbackup.backends.identity.cognito_trigger")),
    "indexer": Entry(
        ("listbackup.worker.lambda_handlers", "listbackup.worker.watching", "listbackup.bootstrap.cloud_settings"),
        frozenset({"listbackup.worker.lambda_handlers", "listbackup.bootstrap.stage"}),
    ),
}
LEFT_OUT = {"pyarrow", "uvicorn", "uvloop", "httptools", "websockets"}  # servers of our own; and what is too large to be carried along
SERVICES = ("cognito-idp", "dynamodb", "events", "kms", "s3", "secretsmanager", "sesv2", "sqs", "ssm", "sts")  # of AWS, that we speak to
_BALLAST = re.compile(
    r"/(tests?|testing|_examples|examples|include|f2py|_pyinstaller|typing/tests)/|\.(pyi|pxd|h|c|lib|a)$|/py\.typed$"
    r"|^/urllib3/contrib/pyopenssl\.py$"  # botocore loads it where it is, and pyOpenSSL with it, for a class that the standard library has
    r"|^/zstandard/(_cffi\.|backend_cffi)"  # for other Pythons
)


@dataclass(frozen=True, slots=True)
class Needed:
    """What a function reaches."""

    modules: frozenset[str]  # of ours
    packages: frozenset[str]  # of others, by the name that is imported


def needed_by(entry: Entry) -> Needed:
    """Everything that is reached from there."""
    modules, packages, left = set[str](), set[str](), list(entry.modules)
    while left:
        name = left.pop()
        path = module_file(name)
        if name in modules or path is None:
            continue
        modules.add(name)
        left.extend(parents(name))
        for imported in imports_of(path, late=name not in entry.chooses):
            top = imported.partition(".")[0]
            if top == PACKAGE:
                left.extend(one for one in (imported, imported.rpartition(".")[0]) if module_file(one) is not None)
            elif top not in sys.stdlib_module_names:
                packages.add(top)
    return Needed(frozenset(modules), frozenset(packages - LEFT_OUT))


def imports_of(path: Path, *, late: bool) -> Iterator[str]:
    """The modules that a file imports; ``late``: also inside of functions, and those that it names as text to import them then. Not those that only its types need."""
    tree, beside = ast.parse(path.read_text("utf-8")), ".".join(path.relative_to(SOURCE).parts[:-1])  # a face names its own modules shortly
    skipped = {id(inner) for node in ast.walk(tree) for left_out in _left_out(node, late=late) for inner in ast.walk(left_out)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module
        elif late and isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (one for one in (node.value, f"{beside}.{node.value.removeprefix('.')}") if _is_ours(one))


def _is_ours(text: str) -> bool:
    return text.startswith(f"{PACKAGE}.") and module_file(text) is not None


def _left_out(node: ast.AST, *, late: bool) -> Sequence[ast.AST]:
    """What of a statement is never run: not its ``else``, where a face says what it loads late (``base/loading.py``)."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return node.body
    return node.body if not late and isinstance(node, ast.FunctionDef) else ()


def module_file(name: str) -> Path | None:
    """The file of a module of ours."""
    if not re.fullmatch(r"[A-Za-z_][\w.]*", name) or name.endswith("."):
        return None
    base = SOURCE.joinpath(*name.split("."))
    return next((path for path in (base / "__init__.py", base.with_suffix(".py")) if path.is_file()), None)


def parents(name: str) -> Iterator[str]:
    """The packages above a module."""
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts)))


def requirements(packages: frozenset[str]) -> Sequence[str]:
    """The pinned requirements that give these packages. Raises SystemExit for one that pyproject.toml does not pin."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    pinned = {
        _plain(line.partition("==")[0]): line.partition(";")[0].strip()
        for line in [*project["dependencies"], *(line for extra in extras.values() for line in extra)]
        if "==" in line
    }
    homes, found = packages_distributions(), set[str]()
    for package in sorted(packages):
        owners = {_plain(owner) for owner in homes.get(package, [package])}
        pins = sorted(owners & set(pinned))
        if pins:
            found.add(pinned[pins[0]])
        elif package not in ("botocore", "pydantic_core", "typing_extensions", "anyio"):  # come with what is pinned
            raise SystemExit(f"a function imports {package}, which pyproject.toml does not pin")
    return sorted(found)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def install(wanted: Sequence[str], folder: Path, python: str) -> None:
    """The packages and what they need, as wheels for the function's Linux."""
    if not wanted:
        return
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(GLIBC, 16, -1)] + ["manylinux2014_x86_64"]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--target", str(folder), "--no-compile"]
    command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
    for platform in platforms:
        command += ["--platform", platform]
    left = list(wanted)
    while left:
        if subprocess.run([*command, *left], check=False).returncode:
            raise SystemExit("the packages of the functions could not be fetched: the line above says which, and why")
        left = missing(folder, python)


def missing(folder: Path, python: str) -> list[str]:
    """What packages of this folder need on the function's Linux under this Python, and is not there: pip asks the machine that it runs on."""
    function = {
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "platform_system": "Linux",
    }
    function |= {
        "platform_machine": "x86_64",
        "sys_platform": "linux",
        "python_version": python,
        "python_full_version": f"{python}.0",
        "extra": "",
    }
    described = [message_from_bytes(path.read_bytes()) for path in sorted(folder.glob("*.dist-info/METADATA"))]
    there = {_plain(one["Name"]) for one in described}
    needs = [Requirement(line) for one in described for line in one.get_all("Requires-Dist", ())]
    wanted = [one for one in needs if _plain(one.name) not in there and (one.marker is None or one.marker.evaluate(function))]
    return sorted({f"{one.name}{one.specifier}" for one in wanted})


def thin(folder: Path) -> None:
    """Takes away what is never read in a function: tests, headers, commands, and descriptions of AWS's other services."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        inside = "/" + path.relative_to(folder).as_posix()
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif _BALLAST.search(inside) and not inside.startswith("/numpy/testing") and not inside.startswith("/numpy/_core/tests/_natype"):
            path.unlink()
    described = folder / "botocore" / "data"
    for path in described.iterdir() if described.is_dir() else ():
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)
        elif path.name == "endpoints.json":
            path.write_text(json.dumps(_of_our_services(json.loads(path.read_text("utf-8")))), "utf-8")
    for path in described.glob("*/*/service-2.json.gz"):
        model = _undocumented(json.loads(gzip.decompress(path.read_bytes())))
        path.unlink()
        path.with_suffix("").write_text(json.dumps(model), "utf-8")


def _of_our_services(endpoints: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where AWS's services are, without those that we never ask: botocore reads it all for its first client."""
    ours = set(SERVICES) | {"email"}  # what SES is called there
    kept = [
        {**partition, "services": {name: said for name, said in partition["services"].items() if name in ours}}
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": kept}


def _undocumented(model: Any) -> Any:
    """A service's description without its prose, which is more than half of it; empty text stays where botocore adds to it. A member called "documentation" is no text."""
    if isinstance(model, dict):
        return {name: "" if name == "documentation" and isinstance(said, str) else _undocumented(said) for name, said in model.items()}
    return [_undocumented(one) for one in model] if isinstance(model, list) else model


def copy_ours(needed: Needed, folder: Path) -> None:
    """Our modules, and the data that lies beside them."""
    for name in sorted(needed.modules):
        path = module_file(name)
        assert path is not None
        target = folder / path.relative_to(SOURCE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        if path.name == "__init__.py":
            for beside in path.parent.iterdir():
                if beside.is_file() and beside.suffix in (".json", ".yaml", ".txt"):
                    shutil.copyfile(beside, target.parent / beside.name)


def _program(python: str) -> str | None:
    """That Python, if this machine has it."""
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    program = sys.executable if mine == python else shutil.which(f"python{python}")
    works = program is not None and not subprocess.run([program, "-c", ""], check=False, capture_output=True).returncode
    return program if works else None


def compile_all(folder: Path, python: str) -> None:
    """Bytecode of the function's Python, which never looks at the sources."""
    program = _program(python)
    if program is None:
        print(f"no Python {python} is here to compile with: each cold start compiles anew, which about doubles it", file=sys.stderr)
        return
    said = [program, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s", str(folder), str(folder)]
    if subprocess.run(said, check=False).returncode:
        raise SystemExit("the functions' code could not be compiled")


_LOADING = """
import sys
sys.path.insert(0, {folder!r})
from importlib import import_module
from listbackup.base import compiled
compiled.write({beside!r}, lambda: [import_module(name) for name in {modules!r}])
"""


def compile_what_is_text(folder: Path, python: str) -> None:
    """The methods of dataclasses and whatever else is compiled from text while a function starts (``base/compiled.py``): all of its modules are loaded for that, as a function does."""
    modules = [
        ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((folder / PACKAGE).rglob("*.py"))
    ]
    program = _LOADING.format(folder=str(folder), beside=str(folder / PACKAGE / "base"), modules=modules)
    runner = _program(python)
    if runner is None or subprocess.run([runner, "-I", "-S", "-B", "-c", program], check=False, capture_output=True).returncode:
        print(
            "this machine cannot run the functions: each cold start compiles its dataclasses anew, which takes it a third longer",
            file=sys.stderr,
        )


def build(out: Path, name: str, python: str, kept: Path) -> Mapping[str, object]:
    """One function's folder; packages that were fetched for the same wishes before are taken from ``kept``."""
    needed = needed_by(ENTRIES[name])
    wanted = requirements(needed.packages)
    as_wished = json.dumps([python, wanted]).encode() + Path(__file__).read_bytes()  # and made thin as this file does it
    store = kept / hashlib.sha256(as_wished).hexdigest()[:16]
    if not store.is_dir():
        kept.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f"{store.name}-", suffix=".draft", dir=kept))  # somebody else may build the same just now
        draft.chmod(0o755)
        install(wanted, draft, python)
        thin(draft)
        compile_all(draft, python)
        try:
            draft.rename(store)
        except OSError:  # theirs was there first
            shutil.rmtree(draft, ignore_errors=True)
            if not store.is_dir():
                raise
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(store, folder)
    copy_ours(needed, folder)
    compile_all(folder / PACKAGE, python)
    compile_what_is_text(folder, python)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"function": name, "modules": len(needed.modules), "packages": wanted, "size_bytes": size}


def main() -> None:
    """Build them, and say how large each is."""
    parser = argparse.ArgumentParser(description="Makes the folders that the functions of the cloud consist of.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--python", choices=PYTHONS, default=RUNTIME, help="the Python that the functions run in")
    parser.add_argument("--only", action="append", choices=sorted(ENTRIES))
    parser.add_argument(
        "--kept", type=Path, default=ROOT / "build" / "function-packages", help="where fetched packages are kept for the next time"
    )
    said = parser.parse_args()
    for name in said.only or ENTRIES:
        made = build(said.out, name, said.python, said.kept)
        print(f"{name}: {made['modules']} modules, {made['size_bytes'] / 1e6:.1f} MB; {', '.join(made['packages']) or 'no packages'}")  # type: ignore[operator,arg-type]


if __name__ == "__main__":
    main()

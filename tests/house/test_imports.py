"""What the import contracts of pyproject.toml cannot say: who may name a concrete adapter, botocore, the inside of a service, another platform."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"
ADAPTERS = {
    *("memory", "sqlite", "files", "file", "s3", "retrying", "metered"),
    *("dynamodb", "sqs", "kms", "ses", "secrets_manager", "parameters", "eventbridge", "cognito", "tabled"),
}
HEAVY = {"numpy", "boto3", "botocore", "pyarrow", "xlsxwriter"}


@dataclass(frozen=True)
class Import:
    """``importer`` names ``imported`` (a module, or a name inside one) in this line."""

    importer: str
    imported: str
    line: int
    at_start: bool  # runs when the module is imported


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(SRC.rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, path: Path) -> Iterator[Import]:
    """Every import of one module; those under ``if TYPE_CHECKING`` do not count."""
    tree = ast.parse(path.read_text())
    for node, at_start in _walk(tree, at_start=True):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, alias.name, node.lineno, at_start)
        elif isinstance(node, ast.ImportFrom):
            package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])]) if node.level else node.module or ""
            for alias in node.names:
                yield Import(name, f"{base}.{alias.name}", node.lineno, at_start)


def _walk(node: ast.AST, *, at_start: bool) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child, at_start
        yield from _walk(child, at_start=at_start and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


ALL = [one for name, path in modules().items() for one in imports(name, path)]


def module_of(dotted: str) -> str | None:
    """The module of the package that holds this name, or None for somebody else's."""
    known = modules()
    while dotted and dotted not in known:
        dotted = dotted.rpartition(".")[0]
    return dotted or None


def test_only_bootstrap_and_testing_name_a_concrete_adapter() -> None:
    wrong = []
    for one in ALL:
        parts = one.imported.split(".")
        is_adapter = parts[:2] == ["listbackup", "backends"] and len(parts) > 3 and parts[3] in ADAPTERS
        home = ".".join(parts[:3])
        if is_adapter and not one.importer.startswith((home, "listbackup.bootstrap", "listbackup.testing", "listbackup.backends")):
            wrong.append(f"{one.importer}:{one.line} imports {one.imported}")
    assert wrong == []


def test_only_the_way_to_aws_and_to_buckets_knows_botocore() -> None:
    """Whoever needs AWS asks ``backends/aws_client.py`` for a client and gets errors in our own words; botocore's own are read where its answers are taken apart.

    Nobody needs boto3, which is botocore with a layer that every cold start would pay for (docs/decisions/0355).
    """
    homes = {"boto3": (), "botocore": ("aws_client", "s3", "s3_client", "s3_errors", "dynamodb", "cognito")}
    wrong = []
    for one in ALL:
        library = one.imported.split(".")[0]
        at_home = one.importer.startswith("listbackup.backends.") and one.importer.split(".")[-1] in homes.get(library, ())
        if library in homes and not at_home and not one.importer.startswith("listbackup.testing"):
            wrong.append(f"{one.importer}:{one.line}")
    assert wrong == []


def test_nothing_loads_botocore_before_it_is_asked_for() -> None:
    """A function that never speaks to a service must not pay for its client: what names botocore in its first lines is itself imported inside functions."""
    late = {"listbackup.backends.objects.s3_errors"}
    loads = {"boto3", "botocore"}
    wrong = [
        f"{one.importer}:{one.line}"
        for one in ALL
        if one.at_start and not one.importer.startswith("listbackup.testing") and one.importer not in late
        if one.imported.split(".")[0] in loads or module_of(one.imported) in late
    ]
    assert wrong == []


def test_a_service_is_imported_by_its_face() -> None:
    wrong = []
    for one in ALL:
        module = module_of(one.imported) or ""
        parts = module.split(".")
        inside = parts[:2] == ["listbackup", "services"] and len(parts) > 3
        mounts = one.importer == "listbackup.api.rooms" and parts[-1] == "routes"
        if inside and not mounts and not one.importer.startswith(".".join(parts[:3])):
            wrong.append(f"{one.importer}:{one.line} imports {module}")
    assert wrong == []


def test_platforms_do_not_know_each_other() -> None:
    wrong = []
    for one in ALL:
        importer, imported = one.importer.split("."), one.imported.split(".")
        if importer[:2] == imported[:2] == ["listbackup", "connectors"] and len(importer) > 2 and len(imported) > 2:
            ours, theirs = importer[2], imported[2]
            is_platform = (SRC / "listbackup" / "connectors" / theirs / "__init__.py").exists() and theirs not in ("engine", "rest")
            if is_platform and ours != theirs and ours not in ("registry", "__init__"):
                wrong.append(f"{one.importer}:{one.line} imports {one.imported}")
    assert wrong == []


def test_the_command_line_loads_nothing_heavy_when_it_starts() -> None:
    wrong = [
        f"{one.importer}:{one.line} {one.imported}"
        for one in ALL
        if one.at_start and one.importer.startswith(("listbackup.cli", "listbackup.bootstrap")) and one.imported.split(".")[0] in HEAVY
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {name: set() for name in modules()}
    for one in ALL:
        target = module_of(one.imported)
        if one.at_start and target is not None and target != one.importer and not one.importer.startswith(target + "."):
            graph[one.importer].add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        raise AssertionError(" -> ".join(circle.args[1])) from None


def test_a_type_is_decoded_by_base_decode_alone() -> None:
    """msgspec itself ends the process when two threads learn one type at the same moment."""
    found = []
    for name, path in modules().items():
        if name != "listbackup.base.decode":
            calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
            found += [
                f"{name}:{call.lineno}"
                for call in calls
                if ast.unparse(call.func) in {"msgspec.json.decode", "msgspec.msgpack.decode"}
                and any(one.arg == "type" for one in call.keywords)
            ]
    assert found == [], "from_json and from_msgpack of base/decode.py decode a type"

"""Every table that is declared in the source stands in the list that a deployment is made from, and in the page that says how each is keyed."""

from __future__ import annotations

import ast
from pathlib import Path

from listbackup.backends.table.dynamodb_schema import STREAMED, check_declared
from listbackup.bootstrap.declared import account_tables, declared_tables, key_tables

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "listbackup"


def declared_in_source() -> list[str]:
    """The names of all tables that a module declares in its first lines; tests' own are none of the product's."""
    names = []
    for path in SRC.rglob("*.py"):
        if path.relative_to(SRC).parts[0] == "testing":
            continue
        for node in ast.parse(path.read_text()).body:
            call = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "TableSpec":
                names += [str(ast.literal_eval(word.value)) for word in call.keywords if word.arg == "name"]
    return names


def test_every_declared_table_is_deployed_and_no_other() -> None:
    assert sorted(declared_in_source()) == [spec.name for spec in declared_tables()]
    assert len({spec.name for spec in declared_tables()}) == len(declared_tables())


def test_an_account_is_forgotten_in_every_table_but_those_of_keys() -> None:
    assert [spec.name for spec in key_tables()] == ["account_keys"]
    assert {spec.name for spec in account_tables()} == {spec.name for spec in declared_tables()} - {"account_keys"}


def test_dynamodb_can_keep_every_declaration() -> None:
    for spec in declared_tables():
        check_declared(spec)
        assert len(spec.indexes) <= 20
    assert {spec.name for spec in declared_tables()} >= STREAMED


def test_the_page_about_the_ground_lists_every_table_as_it_is_declared() -> None:
    page = (ROOT / "docs" / "design" / "ground.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    wanted = []
    for spec in declared_tables():
        indexes = ", ".join(f"{index.name} ({index.pk}, {index.sk})" for index in spec.indexes) or "–"
        wanted.append(f"| `{spec.name}` | {indexes} | {spec.ttl or '–'} |")
    missing = [row for row in wanted if not any(line.startswith(row) for line in rows)]
    assert missing == []

"""Exports: exact where they are raw, harmless where a spreadsheet opens them, and named by us."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import openpyxl
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.errors import InputError
from listbackup.base.secret import Secret
from listbackup.connectors.engine.record import Json
from listbackup.processor.export import ExportFormat, ExportOptions, ExportResult, file_names
from listbackup.processor.export_formats import JsonlWriter, Written, harmless
from listbackup.processor.flatten import Kind, flat, shape_of
from listbackup.services.runs import Means, RunState, Work
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms

ROWS: Sequence[dict[str, Json]] = (
    {"name": "=1+1", "score": 3, "address": {"city": "Neudorf", "geo": {"lat": 1.5}}, "tags": ["a", "b"], "big": 2**70},
    {"name": "-5", "score": 4.5, "address": {"city": None}, "ok": True, "tags": [], "big": 7},
    {"name": 'quo"tation, comma\nline', "score": None, "late": "@SUM(A1)", "ok": False, "big": -1},
)


@pytest.fixture
def house() -> Rooms:
    world: FakePlatform = fake_platform(fake_stream("contacts", attachments=True), fake_stream("../weird"))
    for number, row in enumerate(ROWS, 1):
        world.put("contacts", number, **row)
    world.files["f1"] = b"file one" * 500
    world.put("contacts", 1, file="f1", file_version=1)
    world.put("../weird", 1, name="x")
    made = rooms([FakeConnector(world)], means=Means(maintain=False))
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    made.sources.create(made.scope, connection="shop", name="crm")
    run = made.runs.backup(made.scope, "crm", Work(owner="test"))
    assert run.state is RunState.SUCCEEDED, run.message
    return made


def export(house: Rooms, dest: Path, form: ExportFormat, **options: object) -> ExportResult:
    return house.data.export(house.scope, "crm", dest, form=form, options=ExportOptions(**options))  # type: ignore[arg-type]


def test_jsonl_holds_the_exact_bytes(house: Rooms, tmp_path: Path) -> None:
    export(house, tmp_path / "out", ExportFormat.JSONL)
    lines = (tmp_path / "out" / "contacts.jsonl").read_bytes().splitlines()
    assert lines == [record.raw for record in house.data.scan(house.scope, "crm", "contacts")]


def test_line_breaks_between_tokens_do_not_break_a_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    JsonlWriter().write(path, None, [b'{\n  "id": 1,\r\n  "a": "b\\n"\n}'])
    (line,) = path.read_bytes().splitlines()
    assert msgspec.json.decode(line) == {"id": 1, "a": "b\n"}


def test_csv_takes_records_apart_and_disarms_formulas(house: Rooms, tmp_path: Path) -> None:
    result = export(house, tmp_path / "out", ExportFormat.CSV, streams=("contacts",))
    with (tmp_path / "out" / "contacts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["name"] == "'=1+1"
    assert rows[1]["name"] == "'-5"
    assert rows[2]["name"] == 'quo"tation, comma\nline'
    assert rows[2]["late"] == "'@SUM(A1)"
    assert (rows[0]["address.city"], rows[0]["address.geo.lat"], rows[0]["tags"]) == ("Neudorf", "1.5", '["a","b"]')
    assert (rows[0]["big"], rows[2]["big"]) == (str(2**70), "'-1")
    assert next(iter(rows[0])) == "id"
    assert result.files[0].neutralised_cells == 4


def test_raw_cells_are_left_alone_when_asked_for(house: Rooms, tmp_path: Path) -> None:
    export(house, tmp_path / "out", ExportFormat.CSV, streams=("contacts",), raw_cells=True)
    text = (tmp_path / "out" / "contacts.csv").read_text(encoding="utf-8")
    assert "=1+1" in text
    assert "'=1+1" not in text


def test_xlsx_holds_texts_never_formulas(house: Rooms, tmp_path: Path) -> None:
    export(house, tmp_path / "out", ExportFormat.XLSX, streams=("contacts",))
    sheet = openpyxl.load_workbook(tmp_path / "out" / "contacts.xlsx").worksheets[0]
    header = [cell.value for cell in sheet[1]]
    name = header.index("name")
    assert [row[name].value for row in sheet.iter_rows(min_row=2)] == ["'=1+1", "'-5", 'quo"tation, comma\nline']
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert sheet.cell(2, header.index("score") + 1).value == 3


def test_parquet_has_typed_columns(house: Rooms, tmp_path: Path) -> None:
    export(house, tmp_path / "out", ExportFormat.PARQUET, streams=("contacts",))
    table = pyarrow.parquet.read_table(tmp_path / "out" / "contacts.parquet")
    kinds = {field.name: str(field.type) for field in table.schema}
    assert (kinds["id"], kinds["score"], kinds["ok"], kinds["big"], kinds["address.geo.lat"]) == (
        "int64",
        "double",
        "bool",
        "string",
        "double",
    )
    assert table.column("name").to_pylist()[0] == "=1+1"


def test_the_manifest_names_every_file_with_its_hash(house: Rooms, tmp_path: Path) -> None:
    dest = tmp_path / "out"
    export(house, dest, ExportFormat.JSONL, attachments=True)
    manifest = msgspec.json.decode((dest / "manifest.json").read_bytes())
    named = {file["name"]: file["sha256"] for file in manifest["files"]}
    found = {str(path.relative_to(dest)): hashlib.sha256(path.read_bytes()).hexdigest() for path in dest.rglob("*") if path.is_file()}
    found.pop("manifest.json")
    assert named == found
    assert (dest / "attachments" / "contacts-0000001.bin").read_bytes() == b"file one" * 500


def test_a_folder_with_something_in_it_is_not_touched(house: Rooms, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        export(house, tmp_path, ExportFormat.JSONL)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_unknown_stream_is_answered_with_those_there_are(house: Rooms, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        export(house, tmp_path / "out", ExportFormat.JSONL, streams=("contact",))
    assert caught.value.hint == "it has: ../weird, contacts"


@given(st.lists(st.text(min_size=1, max_size=300), unique=True, max_size=12))
def test_no_stream_decides_where_its_file_lies(streams: list[str]) -> None:
    names = list(file_names(streams, "csv").values())
    assert len({name.lower() for name in names}) == len(streams)
    for name in names:
        assert Path(name).name == name
        assert name.partition(".")[0].lower() not in {"con", "nul", "com1", "manifest", ""}
        assert len(name) < 120


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@A1", "\t=1", "\r1", "\n=1", " =1", '"=1', "'=1", "＝1", "\u00a0+1", "\u200b@x"])
def test_what_a_spreadsheet_would_run_is_disarmed(cell: str) -> None:
    assert harmless(cell, Written()) == "'" + cell


@pytest.mark.parametrize("cell", ["a=1", "1-1", "", "x@y.example", 5, -5, 1.5, None, True])
def test_everything_else_is_left_as_it_is(cell: str | float | None) -> None:
    assert harmless(cell, Written()) == cell


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(max_size=4), JSON, max_size=4), max_size=6))
def test_every_record_fits_the_columns_that_were_found(records: list[dict[str, Json]]) -> None:
    raws = [msgspec.json.encode(record) for record in records]
    shape = shape_of(raws)
    kinds: dict[Kind, tuple[type, ...]] = {
        Kind.BOOL: (bool,),
        Kind.INTEGER: (int,),
        Kind.NUMBER: (float,),
        Kind.TEXT: (str,),
        Kind.NOTHING: (),
    }
    for raw in raws:
        row = shape.row(raw)
        assert len(row) == len(shape.columns)
        for cell, column in zip(row, shape.columns, strict=True):
            assert cell is None or isinstance(cell, kinds[column.kind])
        assert set(flat(raw)) <= {column.name for column in shape.columns}


def test_more_columns_than_a_table_can_show_are_not_taken_apart() -> None:
    raws = [msgspec.json.encode({"id": 1, "deep": {f"field {number}": number for number in range(1500)}})]
    shape = shape_of(raws, first=("id",))
    assert [column.name for column in shape.columns] == ["id", "deep"]

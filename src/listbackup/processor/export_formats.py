"""One writer for each format. All take the columns found before and the records as they come."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from listbackup.base.decode import one_line
from listbackup.base.errors import InputError
from listbackup.processor.flatten import Cell, Column, Kind, Shape

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_RISKY = (*_FORMULA, "\t", "\r", "\n")
_BLANK = " \u00a0\ufeff\u200b\u3000\"'"
_ROWS_PER_GROUP = 10_000
_SHEET_ROWS = 1_048_575  # records of one sheet; the first row holds the names
_SHEET_COLUMNS = 16_384
_CELL_CHARACTERS = 32_767
_EXACT_DIGITS = 10**15


@dataclass(slots=True)
class Written:
    """What went into a file."""

    records: int = 0
    neutralised_cells: int = 0
    cut_cells: int = 0


class TableWriter(Protocol):
    """Writes one stream into one file."""

    needs_shape: bool

    def write(self, path: Path, shape: Shape | None, raws: Iterable[bytes]) -> Written:
        """Write the file; what went into it."""
        ...


class JsonlWriter:
    """The exact bytes of each record, one a line; only line breaks between tokens become spaces."""

    needs_shape = False

    def write(self, path: Path, shape: Shape | None, raws: Iterable[bytes]) -> Written:
        """See ``TableWriter``."""
        written = Written()
        with path.open("wb") as file:
            for raw in raws:
                file.write(one_line(raw))
                file.write(b"\n")
                written.records += 1
        return written


class CsvWriter:
    """RFC 4180 in UTF-8 with a header; empty for null."""

    needs_shape = True

    def __init__(self, *, raw_cells: bool) -> None:
        self._raw_cells = raw_cells

    def write(self, path: Path, shape: Shape | None, raws: Iterable[bytes]) -> Written:
        """See ``TableWriter``."""
        assert shape is not None
        written = Written()
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            out = csv.writer(file, lineterminator="\r\n")
            out.writerow([self._text(column.name, written) for column in shape.columns])
            for raw in raws:
                out.writerow([self._text(cell, written) for cell in shape.row(raw)])
                written.records += 1
        return written

    def _text(self, cell: Cell, written: Written) -> Cell:
        if isinstance(cell, bool):
            return "true" if cell else "false"
        return cell if self._raw_cells else harmless(cell, written)


class ParquetWriter:
    """Typed columns, zstd, row groups of 10,000."""

    needs_shape = True

    def write(self, path: Path, shape: Shape | None, raws: Iterable[bytes]) -> Written:
        """See ``TableWriter``. Raises InputError when pyarrow is not installed."""
        assert shape is not None
        pa, parquet = _pyarrow()
        kinds = {
            Kind.BOOL: pa.bool_(),
            Kind.INTEGER: pa.int64(),
            Kind.NUMBER: pa.float64(),
            Kind.TEXT: pa.string(),
            Kind.NOTHING: pa.null(),
        }
        schema = pa.schema([pa.field(column.name, kinds[column.kind]) for column in shape.columns])
        written = Written()
        with parquet.ParquetWriter(path, schema, compression="zstd") as out:
            for rows in _groups(shape, raws):
                columns = [pa.array(values, type=field.type) for values, field in zip(_columns(shape, rows), schema, strict=True)]
                table = pa.Table.from_arrays(columns, schema=schema) if columns else pa.table({})
                if columns:
                    out.write_table(table)
                written.records += len(rows)
        return written


class XlsxWriter:
    """One workbook, a further sheet after each 1,048,575 records. What a cell cannot hold is cut, and counted."""

    needs_shape = True

    def __init__(self, *, raw_cells: bool) -> None:
        self._raw_cells = raw_cells

    def write(self, path: Path, shape: Shape | None, raws: Iterable[bytes]) -> Written:
        """See ``TableWriter``. Raises InputError when xlsxwriter is not installed, or there are more columns than a sheet has."""
        assert shape is not None
        if len(shape.columns) > _SHEET_COLUMNS:
            raise InputError(f"a sheet has at most {_SHEET_COLUMNS} columns", hint="export as parquet or jsonl")
        written = Written()
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        }
        book = _xlsxwriter().Workbook(str(path), options)
        try:
            rows = map(shape.row, raws)
            for rest in _sheets(rows):
                sheet = book.add_worksheet()
                self._row(sheet, 0, [column.name for column in shape.columns], written)
                for number, cells in enumerate(rest, 1):
                    self._row(sheet, number, cells, written)
                    written.records += 1
        finally:
            book.close()
        return written

    def _row(self, sheet: Any, number: int, cells: Sequence[Cell], written: Written) -> None:
        for place, cell in enumerate(cells):
            self._cell(sheet, number, place, cell, written)

    def _cell(self, sheet: Any, row: int, column: int, cell: Cell, written: Written) -> None:
        if cell is None:
            return
        if isinstance(cell, bool):
            sheet.write_boolean(row, column, cell)
        elif isinstance(cell, int | float) and abs(cell) < _EXACT_DIGITS:
            sheet.write_number(row, column, cell)
        else:
            text = str(cell if self._raw_cells else harmless(cell, written))
            if len(text) > _CELL_CHARACTERS:
                text, written.cut_cells = text[: _CELL_CHARACTERS - 1] + "…", written.cut_cells + 1
            sheet.write_string(row, column, text.encode("utf-8", "backslashreplace").decode())


def harmless(cell: Cell, written: Written) -> Cell:
    """The cell, with a leading ``'`` where a spreadsheet would take a text for a formula, also behind blanks and quotes. Numbers are left as they are."""
    if not isinstance(cell, str) or not cell:
        return cell
    if cell[0] in _RISKY or cell.lstrip(_BLANK)[:1] in _FORMULA:
        written.neutralised_cells += 1
        return "'" + cell
    return cell


def _groups(shape: Shape, raws: Iterable[bytes]) -> Iterator[list[list[Cell]]]:
    rows = map(shape.row, raws)
    while group := list(itertools.islice(rows, _ROWS_PER_GROUP)):
        yield group


def _columns(shape: Shape, rows: Sequence[Sequence[Cell]]) -> Sequence[Sequence[Cell]]:
    columns: Sequence[Sequence[Cell]] = list(zip(*rows, strict=True))
    return [_encodable(column, values) for column, values in zip(shape.columns, columns, strict=True)]


def _encodable(column: Column, values: Sequence[Cell]) -> Sequence[Cell]:
    if column.kind is not Kind.TEXT:
        return values
    return [value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value for value in values]


def _sheets(rows: Iterator[list[Cell]]) -> Iterator[Iterator[list[Cell]]]:
    """The rows cut into sheets; at least one, even of nothing."""
    first = next(rows, None)
    if first is None:
        yield iter(())
    while first is not None:
        yield itertools.chain([first], itertools.islice(rows, _SHEET_ROWS - 1))
        first = next(rows, None)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            "parquet needs a package that is not installed", hint="pip install 'listbackup[parquet]'", field="format"
        ) from None
    return pyarrow, pyarrow.parquet


def _xlsxwriter() -> Any:
    try:
        import xlsxwriter
    except ImportError:
        raise InputError("xlsx needs a package that is not installed", hint="pip install 'listbackup[xlsx]'", field="format") from None
    return xlsxwriter

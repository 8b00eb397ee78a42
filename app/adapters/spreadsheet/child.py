"""The process that opens a stranger's spreadsheet: it confines itself, looks the file over, and says its rows as JSON lines.

Lines: `["header", name, cells, row number]`, then `["rows", [[row number, cells, spoiled columns], …]]` as often as needed,
then `["end"]`; or at any time `["refused", code]`. Without one of the last two the parent takes us for dead.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from app.adapters.confined import confine_myself
from app.adapters.spreadsheet.archive import check_archive
from app.adapters.spreadsheet.cells import Value, is_spoiled, text_of
from app.adapters.spreadsheet.limits import Limits
from app.adapters.spreadsheet.refusals import BadFile

GUIDE = "填写说明"  # the sheet of our own template that explains the other
_BATCH = 200
_TITLE_ROWS = 10  # people write a title or two above the column names

_Raw = Iterator[tuple[int, list[Value]]]
_Row = tuple[int, list[str], list[int]]


def main() -> None:
    """Read the file named on the command line within the limits named there."""
    path, limits = Path(sys.argv[1]), Limits.from_text(sys.argv[2])
    confine_myself(memory_bytes=limits.memory_bytes, cpu_seconds=limits.cpu_seconds)
    try:
        for line in _lines(path, limits):
            _say(line)
    except BadFile as refusal:
        _say(["refused", refusal.code])
    except MemoryError:
        _say(["refused", "unpacked_too_big"])


def _say(line: list[object]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def _lines(path: Path, limits: Limits) -> Iterator[list[object]]:
    name, raw = _open(path, limits)
    rows = (_plain(number, values, limits) for number, values in raw)
    filled = (row for row in rows if any(row[1]))
    number, header, above = _header(filled)
    yield ["header", name, header, number]
    counted = _at_most(limits.rows, chain(above, filled))
    while batch := [[row[0], _padded(row[1], len(header)), row[2]] for row in islice(counted, _BATCH)]:
        yield ["rows", batch]
    yield ["end"]


def _open(path: Path, limits: Limits) -> tuple[str, _Raw]:
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(b"PK\x03\x04"):
        check_archive(path, limits)
        return _workbook(path, limits)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile("locked" if "EncryptedPackage".encode("utf-16-le") in path.read_bytes() else "old_format")
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta")):
        raise BadFile("web_page")
    if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadFile("not_a_spreadsheet")
    return "", _comma_separated(path.read_bytes(), limits)


def _workbook(path: Path, limits: Limits) -> tuple[str, _Raw]:
    """The first visible sheet with something in it, other than the guide of our template."""
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(path)
        for about in book.sheets_metadata:
            if about.visible != calamine.SheetVisibleEnum.Visible or about.name == GUIDE:
                continue
            sheet = book.get_sheet_by_name(about.name)
            if sheet.height:
                break
        else:
            raise BadFile("empty")
    except calamine.CalamineError as error:
        raise BadFile("damaged") from error
    if sheet.end and sheet.end[1] >= limits.columns:
        raise BadFile("too_many_columns")
    first = sheet.start[0] if sheet.start else 0
    return about.name, enumerate(sheet.iter_rows(), start=first + 1)


def _comma_separated(content: bytes, limits: Limits) -> _Raw:
    text = _decoded(content)
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    csv.field_size_limit(limits.cell_characters)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if len(row) > limits.columns:
                raise BadFile("too_many_columns")
            yield reader.line_num, list(row)
    except csv.Error as error:
        raise BadFile("cell_too_long") from error


def _decoded(content: bytes) -> str:
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadFile("encoding")


def _plain(number: int, values: list[Value], limits: Limits) -> _Row:
    cells = [text_of(value) for value in values]
    if max(map(len, cells), default=0) > limits.cell_characters:
        raise BadFile("cell_too_long")
    spoiled = [column for column, value in enumerate(values) if is_spoiled(value)]
    while cells and not cells[-1]:
        cells.pop()
    return number, cells, spoiled


def _header(rows: Iterator[_Row]) -> tuple[int, list[str], list[_Row]]:
    """The first of the top rows with two cells or more; a lone cell above it is a title. Else simply the first row."""
    above: list[_Row] = []
    for row in islice(rows, _TITLE_ROWS):
        if sum(map(bool, row[1])) > 1:
            return row[0], row[1], []
        above.append(row)
    if not above:
        raise BadFile("empty")
    return above[0][0], above[0][1], above[1:]


def _at_most(limit: int, rows: Iterable[_Row]) -> Iterator[_Row]:
    for count, row in enumerate(rows):
        if count >= limit:
            raise BadFile("too_many_rows")
        yield row


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))


if __name__ == "__main__":
    main()

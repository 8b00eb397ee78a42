"""Promise A49: files made to hurt are refused within a second, and the process that was asked stays as small as it was."""

from __future__ import annotations

import io
import signal
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import xlsxwriter

from app.adapters.spreadsheet import BadFile, read_rows

MIB = 1 << 20
SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"
CELL = b'<c r="%b" t="inlineStr"><is><t>x</t></is></c>'


def honest() -> dict[str, bytes]:
    """The members of a small workbook that is read without complaint."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("户").write_row(0, 0, ["村", "户主"])
    with zipfile.ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, changes: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (honest() | changes).items():
            archive.writestr(name, content)
    return path


def sheet_of(rows: bytes) -> bytes:
    return HEAD + rows + TAIL


def gigabyte(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in honest().items():
            if name != SHEET:
                archive.writestr(name, content)
        with archive.open(SHEET, "w") as member:
            member.write(HEAD)
            for _ in range(1024):
                member.write(b" " * MIB)


def many_medium_members(path: Path) -> None:
    noise = bytes(range(256)) * 16
    block = b"".join(noise[i:] + noise[:i] for i in range(0, 4096, 32)) * 20
    packed(path, {f"xl/media/{i}.xml": block for i in range(14)})


def ten_thousand_members(path: Path) -> None:
    packed(path, {f"xl/media/{i}": b"" for i in range(10_000)})


def nested(path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(50 * MIB))
    packed(path, {"xl/media/image1.png": inner.getvalue()})


def lying_about_sizes(path: Path) -> None:
    packed(path, {SHEET: sheet_of(b" " * 90_000)})
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    while content[entry + 46 : entry + 46 + len(SHEET)] != SHEET.encode():
        entry = content.index(b"PK\x01\x02", entry + 4)
    content[entry + 24 : entry + 28] = struct.pack("<I", 100)
    path.write_bytes(content)


def symlink(path: Path) -> None:
    packed(path, {})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("xl/media/passwords")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")


def out_of_the_folder(path: Path) -> None:
    packed(path, {"../../x.xml": b"<x/>"})


def whole_grid(path: Path) -> None:
    packed(
        path,
        {
            SHEET: sheet_of(
                b'<row r="1">' + CELL % b"A1" + b'</row><row r="1048576">' + CELL % b"XFD1048576" + b"</row>"
            )
        },
    )


def grid_in_odd_spelling(path: Path) -> None:
    rows = b"<row r = '1'><c r = 'A1'><v>1</v></c></row><row r = '1048576'><c r = 'XFD1048576'><v>1</v></c></row>"
    packed(path, {SHEET: sheet_of(rows)})


def million_rows(path: Path) -> None:
    packed(path, {SHEET: sheet_of(b"<row><c><v>1</v></c></row>" * 1_048_576)})


def wide_row(path: Path) -> None:
    packed(path, {SHEET: sheet_of(b'<row r="1">' + b"<c><v>1</v></c>" * 16_384 + b"</row>")})


def external_links(path: Path) -> None:
    packed(path, {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})


def macros(path: Path) -> None:
    packed(path, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})


def billion_laughs(path: Path) -> None:
    steps = b"".join(b'<!ENTITY l%d "%b">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))
    packed(
        path, {SHEET: b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">' + steps + b"]>" + sheet_of(b"&l9;")[21:]}
    )


def doctype_across_two_pieces(path: Path) -> None:
    packed(path, {SHEET: HEAD + b" " * ((1 << 18) - len(HEAD) - 4) + b"<!DOCTYPE x>" + TAIL})


def utf16_xml(path: Path) -> None:
    packed(path, {SHEET: sheet_of(b"").decode().encode("utf-16")})


def truncated(path: Path) -> None:
    packed(path, {})
    path.write_bytes(path.read_bytes()[:-30])


def spoiled_inside(path: Path) -> None:
    packed(path, {SHEET: sheet_of(b"<row>" * 5000)})
    content = bytearray(path.read_bytes())
    content[60:90] = b"\xff" * 30
    path.write_bytes(content)


def another_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no workbook")


def eleven_megabytes(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04" + bytes(11 * MIB))


HOSTILE: list[tuple[Callable[[Path], None], set[str]]] = [
    (gigabyte, {"unpacked_too_big"}),
    (many_medium_members, {"unpacked_too_big"}),
    (ten_thousand_members, {"too_many_members"}),
    (nested, {"carries_files"}),
    (lying_about_sizes, {"forged"}),
    (symlink, {"forged"}),
    (out_of_the_folder, {"forged"}),
    (whole_grid, {"too_many_columns", "too_many_rows"}),
    (grid_in_odd_spelling, {"unpacked_too_big"}),
    (million_rows, {"too_many_rows"}),
    (wide_row, {"too_many_columns"}),
    (external_links, {"carries_links"}),
    (macros, {"carries_program"}),
    (billion_laughs, {"forged"}),
    (doctype_across_two_pieces, {"forged"}),
    (utf16_xml, {"forged"}),
    (truncated, {"damaged"}),
    (spoiled_inside, {"damaged", "forged"}),
    (another_zip, {"not_a_spreadsheet"}),
    (eleven_megabytes, {"file_too_big"}),
]


def test_the_small_workbook_the_attacks_are_made_from_is_itself_read(tmp_path: Path) -> None:
    with read_rows(packed(tmp_path / "a.xlsx", {})) as sheet:
        assert sheet.header == ["村", "户主"]


@pytest.mark.promise
@pytest.mark.parametrize(("attack", "codes"), HOSTILE, ids=[attack.__name__ for attack, _ in HOSTILE])
def test_a49_a_hostile_workbook_is_refused_and_costs_the_caller_nothing(
    tmp_path: Path, attack: Callable[[Path], None], codes: set[str]
) -> None:
    path = tmp_path / "a.xlsx"
    attack(path)
    process = psutil.Process()
    others = set(process.children())
    before, since = process.memory_info().rss, time.monotonic()
    with pytest.raises(BadFile) as caught, read_rows(path) as sheet:
        list(sheet.rows)
    took, grown = time.monotonic() - since, process.memory_info().rss - before
    print(f"{attack.__name__}: {caught.value.code} in {took:.2f} s, {grown / MIB:+.1f} MB")
    assert caught.value.code in codes
    assert grown < 20 * MIB
    assert set(process.children()) <= others


@pytest.mark.parametrize(
    ("end", "code"),
    [(signal.SIGXCPU, "too_slow"), (signal.SIGABRT, "unpacked_too_big"), (signal.SIGTERM, "damaged")],
)
def test_a_child_that_is_ended_half_way_is_a_refusal_that_says_why(tmp_path: Path, end: int, code: str) -> None:
    rows = b"".join(b"<row><c><v>%d</v></c><c><v>%d</v></c></row>" % (n, n * n) for n in range(40_000))
    path = packed(tmp_path / "a.xlsx", {SHEET: sheet_of(rows)})
    others = set(psutil.Process().children())
    with read_rows(path) as sheet:
        next(sheet.rows)
        (child,) = set(psutil.Process().children()) - others
        child.send_signal(end)
        with pytest.raises(BadFile) as caught:
            list(sheet.rows)
    assert caught.value.code == code

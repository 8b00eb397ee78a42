"""Promise A47 and friends: what we write into a workbook is text to the last cell, and comes back as it went."""

from __future__ import annotations

import resource
import zipfile
from pathlib import Path

import pytest
import python_calamine

from app.adapters.spreadsheet import Column, Marked, Table, read_rows, write_template, write_workbook

FIRST = ["=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠", ";=", '",=', " =", "\n="]
REST = ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x","y")', "SUM(A1:A2)"]
FORMULAS = [first + rest for first in FIRST for rest in REST]


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def read_back(path: Path, sheet: str) -> list[list[object]]:
    return [list(row) for row in python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()]


@pytest.mark.promise
def test_a47_sixty_formula_like_values_are_written_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    assert len(FORMULAS) == 60
    write_workbook(path, [Table("=1+1", [Column("=A1"), Column("@x")], [(value, "'" + value) for value in FORMULAS])])
    sheet = parts(path)["xl/worksheets/sheet1.xml"]
    assert b"<f>" not in sheet
    assert b"<f " not in sheet
    assert b"<v>" not in sheet  # no number, no shared string: every cell is an inline string
    back = read_back(path, "=1+1")
    assert [str(row[0]).replace("\r\n", "\n") for row in back[1:]] == [
        value.replace("\r\n", "\n") for value in FORMULAS
    ]
    assert not any("externalLink" in name or "hyperlink" in name.lower() for name in parts(path))


def test_phones_and_id_numbers_keep_every_digit(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    values = ["+8613800001111", "410881199001011234", "41088119900101123X", "0012", "1E5", "2026-01-02", "true"]
    write_workbook(path, [Table("户", [Column("值"), Column("次")], [(value, "一") for value in values])])
    with read_rows(path) as sheet:
        rows = list(sheet.rows)
    assert [row.cells[0] for row in rows] == values
    assert not any(row.spoiled for row in rows)


def test_rare_characters_and_what_xml_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    values = ["䶮𬱖", "👨‍👩‍👧", "_x0041_", "a\ud800b", "长" * 40_000]
    write_workbook(path, [Table("户", [Column("值")], [(value,) for value in values])])
    back = [str(row[0]) for row in read_back(path, "户")[1:]]
    assert back[:4] == ["䶮𬱖", "👨‍👩‍👧", "_x0041_", "a\ufffdb"]
    assert back[4].endswith("…（后面太长）")
    assert len(back[4]) <= 32_767


def test_sheet_names_that_excel_refuses_are_mended(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, [Table("'花石村/一组[2026]:" + "很" * 40, [Column("村")]), Table("??", [Column("村")])])
    names = python_calamine.CalamineWorkbook.from_path(path).sheet_names
    assert names[0].startswith("花石村 一组 2026")
    assert len(names[0]) <= 31
    assert names[1] == "表"


def test_a_marked_cell_has_a_ground_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, [Table("要改的", [Column("电话")], [("13800001111",), (Marked("1380000111"),)])])
    sheet = parts(path)["xl/worksheets/sheet1.xml"].decode()
    styles = {cell: sheet.split(f'<c r="{cell}" s="')[1][0] for cell in ("A1", "A2", "A3")}
    assert len(set(styles.values())) == 3
    assert read_back(path, "要改的") == [["电话"], ["13800001111"], ["1380000111"]]


def test_a_template_explains_itself_and_is_read_back_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    columns = [
        Column("村", 16, example="花石村", hint="写全称，和系统里的一样。", is_required=True),
        Column("党员", choices=("是", "否")),
        Column("户类", choices=tuple(f"第{number}类示例户" for number in range(60))),
    ]
    write_template(path, Table("户", columns))
    guide = read_back(path, "填写说明")
    assert guide[1] == ["村", "必填", "写全称，和系统里的一样。", "花石村"]
    assert guide[2][:3] == ["党员", "可不填", "从列表里选：是、否"]
    sheet = parts(path)["xl/worksheets/sheet1.xml"].decode()
    assert sheet.count("<dataValidation ") == 2
    assert "<formula1>'选项'!$A$1:$A$60</formula1>" in sheet
    assert "<pane ySplit=" in sheet
    with read_rows(path) as reading:
        assert (reading.name, reading.header, list(reading.rows)) == ("户", ["村", "党员", "户类"], [])


def test_a_workbook_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"

    def rows() -> list[tuple[str]]:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        write_workbook(path, [Table("户", [Column("村")], (row for row in rows()))])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_forty_thousand_rows_are_written_in_flat_memory(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    write_workbook(
        tmp_path / "a.xlsx", [Table("户", [Column("列")] * 12, (["花石村一组"] * 12 for _ in range(40_000)))]
    )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024

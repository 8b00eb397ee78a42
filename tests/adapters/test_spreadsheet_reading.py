"""What people really bring: titles above the header, numbers that Excel has spoiled, full-width digits, CSV of every kind."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import psutil
import pytest
import xlsxwriter

from app.adapters.spreadsheet import BadFile, Limits, Sheet, read_rows


def workbook(path: Path, rows: list[list[object]], *, sheet: str = "户") -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, dt.date | dt.datetime):
                    page.write_datetime(number, column, value, days)
                elif isinstance(value, str):
                    page.write_string(number, column, value)
                elif value is not None:
                    page.write(number, column, value)
    return path


def cells(sheet: Sheet) -> list[list[str]]:
    with sheet:
        return [row.cells for row in sheet.rows]


def refusal(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(BadFile) as caught, read_rows(path, limits=limits) as sheet:
        list(sheet.rows)
    assert caught.value.sentence.endswith("。")
    return caught.value.code


def test_every_value_arrives_as_the_text_a_person_sees(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [
            ["姓名", "人口", "面积", "出生", "采集时间", "电话", "党员"],
            ["卢 春梅", 4, 12.35, dt.date(1961, 3, 8), dt.datetime(2026, 1, 2, 8, 30), 13800001111, True],  # noqa: DTZ001
        ],
    )
    sheet = read_rows(path)
    assert sheet.header == ["姓名", "人口", "面积", "出生", "采集时间", "电话", "党员"]
    assert sheet.name == "户"
    assert cells(sheet) == [["卢 春梅", "4", "12.35", "1961-03-08", "2026-01-02 08:30:00", "13800001111", "TRUE"]]


def test_an_id_number_typed_as_a_number_is_reported_as_spoiled(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [["姓名", "身份证号"], ["甲", 410881199001011234], ["乙", "410881199001011234"], ["丙", "4.10881E+17"]],
    )
    with read_rows(path) as sheet:
        rows = list(sheet.rows)
    assert [row.spoiled for row in rows] == [[1], [], [1]]
    assert rows[1].cells[1] == "410881199001011234"


def test_a_formula_arrives_as_its_last_result_and_a_failed_one_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["村", "人口"])
        page.write_string(1, 0, "花石村")
        page.write_formula(1, 1, "=VLOOKUP(1,A:A,2)", None, "#N/A")
        page.write_string(2, 0, "大沟河村")
        page.write_formula(2, 1, "=1+3", None, 4)
    assert cells(read_rows(path)) == [["花石村", ""], ["大沟河村", "4"]]


def test_an_error_saved_as_text_is_reported_as_spoiled(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("村,人口\n花石村,#N/A\n大沟河村,4\n", encoding="utf-8")
    with read_rows(path) as sheet:
        assert [row.spoiled for row in sheet.rows] == [[1], []]


def test_spaces_full_width_digits_and_composed_characters_are_put_in_order(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [
            ["姓名\n", " 身份证号"],
            ["\u3000张\u00a0 三\t", "４１０８８１１９９００１０１１２３Ｘ"],
            ["Ame\u0301lie\ufeff", "（一）：，"],
        ],
    )
    sheet = read_rows(path)
    assert sheet.header == ["姓名", "身份证号"]
    assert cells(sheet) == [["张 三", "41088119900101123X"], ["Amélie", "（一）：，"]]


def test_rare_names_and_emoji_come_through_unchanged(tmp_path: Path) -> None:
    names = ["䶮𬱖", "欧阳👨‍👩‍👧", "买买提·艾力", "محمد"]
    path = workbook(tmp_path / "a.xlsx", [["姓名", "组"], *([name, "一"] for name in names)])
    assert [row[0] for row in cells(read_rows(path))] == names


def test_a_title_above_the_header_and_empty_rows_are_skipped_but_row_numbers_stay(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [["花石村农户花名册"], [], ["村", "户主"], [], ["花石村", "甲"], [None, ""], ["花石村", "乙"]],
    )
    with read_rows(path) as sheet:
        assert (sheet.header, sheet.header_number) == (["村", "户主"], 3)
        assert [(row.number, row.cells) for row in sheet.rows] == [(5, ["花石村", "甲"]), (7, ["花石村", "乙"])]


def test_a_table_of_one_column_is_read_whole(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["村"], ["花石村"], ["大沟河村"]])
    assert cells(read_rows(path)) == [["花石村"], ["大沟河村"]]


def test_short_rows_are_filled_up_and_long_ones_kept(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["村", "组", "户主"], ["花石村"], ["花石村", "一", "甲", "多出来的"]])
    assert cells(read_rows(path)) == [["花石村", "", ""], ["花石村", "一", "甲", "多出来的"]]


def test_hidden_sheets_and_our_own_guide_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("填写说明").write_row(0, 0, ["列名", "怎么填"])
        book.add_worksheet("空表").activate()
        secret = book.add_worksheet("藏着的")
        secret.write_row(0, 0, ["不", "读"])
        secret.hide()
        book.add_worksheet("户").write_row(0, 0, ["村", "户主"])
    with read_rows(path) as sheet:
        assert (sheet.name, sheet.header, list(sheet.rows)) == ("户", ["村", "户主"], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_is_read_in_every_encoding_that_excel_and_wps_write(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    lines = [["村", "户主", "电话"], ["花石村", "䶮𬱖", "+8613800001111"], ['"一,二"', "乙", "００１"]]
    path.write_bytes("\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    sheet = read_rows(path)
    assert sheet.header == ["村", "户主", "电话"]
    assert cells(sheet) == [["花石村", "䶮𬱖", "+8613800001111"], ["一,二", "乙", "001"]]


def test_files_that_are_no_tables_are_refused_by_name(tmp_path: Path) -> None:
    samples = {
        "old_format": b"\xd0\xcf\x11\xe0" + bytes(600),
        "locked": b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        "web_page": b"\xef\xbb\xbf\r\n<html><table><tr><td>1</td></tr></table></html>",
        "not_a_spreadsheet": b"%PDF-1.7\0\0\0" + bytes(100),
        "encoding": b"\xff\x80\xff\x80,\x81",
        "empty": b"",
    }
    for code, content in samples.items():
        path = tmp_path / code
        path.write_bytes(content)
        assert refusal(path) == code


def test_rows_columns_and_cells_beyond_the_limits_are_refused(tmp_path: Path) -> None:
    limits = Limits(rows=30, columns=5, cell_characters=50)
    fitting = workbook(tmp_path / "fits.xlsx", [["村", "组"], *[["花石村", "一"]] * 30])
    assert len(cells(read_rows(fitting, limits=limits))) == 30
    assert refusal(workbook(tmp_path / "r.xlsx", [["村", "组"], *[["花石村", "一"]] * 31]), limits) == "too_many_rows"
    assert refusal(workbook(tmp_path / "c.xlsx", [["列"] * 6]), limits) == "too_many_columns"
    assert refusal(workbook(tmp_path / "l.xlsx", [["村", "长" * 51]]), limits) == "cell_too_long"
    comma = tmp_path / "a.csv"
    comma.write_text('村,组\n"没有关上的引号' + "一\n" * 60, encoding="utf-8")
    assert refusal(comma, limits) == "cell_too_long"


def test_a_sheet_left_half_read_leaves_no_process_behind(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["村", "组"], *[["花石村", "一"]] * 3000])
    before = len(psutil.Process().children())
    with read_rows(path) as sheet:
        next(sheet.rows)
    assert len(psutil.Process().children()) == before

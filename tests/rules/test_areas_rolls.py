"""A roll of households is judged line by line, in words that say what to do."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domains.areas.preset import load_all
from app.domains.areas.rules.rolls import COLUMNS, Ground, Roll, note_missing_heads, read_roll

PRESET = load_all()["households"]
GROUND = Ground(
    places={
        "山口村": ("419001/101/203/",),
        "419001101203": ("419001/101/203/",),
        "419001101203g01": ("419001/101/203/g01/",),
        "白龙庙村": ("419001/101/204/",),
        "河口村": ("419001/101/205/", "419001/102/205/"),
    },
    flags=PRESET.flag_words(),
    never_recorded=PRESET.never_recorded,
    today=date(2026, 11, 2),
)
HEAD = [
    "山口村",
    "三组",
    "0315",
    "卢春梅",
    "户主",
    "11010519491231002X",
    "13800138000",
    "三组15号",
    "独居、高龄老人",
    "",
]
SON = ["", "", "", "段小平", "儿子", "", "", "", "", "1975"]


def read(*rows: list[str], spoiled: list[int] | None = None) -> Roll:
    return read_roll(COLUMNS, [(n, row, spoiled or []) for n, row in enumerate(rows, start=2)], GROUND)


def errors(roll: Roll) -> list[tuple[int, str]]:
    return [(p.line, p.column) for p in roll.problems if p.is_error]


def changed(row: list[str], **cells: str) -> list[str]:
    names = {
        "village": 0,
        "group": 1,
        "number": 2,
        "name": 3,
        "relation": 4,
        "id": 5,
        "phone": 6,
        "flags": 8,
        "year": 9,
    }
    fresh = list(row)
    for name, text in cells.items():
        fresh[names[name]] = text
    return fresh


def test_the_heads_line_opens_the_household_and_the_next_lines_belong_to_it() -> None:
    roll = read(HEAD, SON)
    assert not roll.problems
    [household] = roll.households.values()
    assert (household.path, household.number, household.group) == ("419001/101/203/", "0315", "三组")
    assert household.flags == ["独居", "高龄"]
    assert [(p.name, p.relation, p.sex, p.birth_year) for p in household.persons] == [
        ("卢春梅", "户主", "女", 1949),
        ("段小平", "儿子", None, 1975),
    ]


def test_lines_of_one_household_need_not_stand_together() -> None:
    other = changed(HEAD, number="0316", id="", name="李四")
    roll = read(changed(SON, village="山口村", number="0315"), other, HEAD)
    assert not errors(roll)
    assert [len(h.persons) for h in roll.households.values()] == [2, 1]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"village": "没有村"}, "村代码或村名"),
        ({"village": "河口村"}, "村代码或村名"),
        ({"village": ""}, "村代码或村名"),
        ({"number": ""}, "户号"),
        ({"number": "1" * 31}, "户号"),
        ({"name": "😀"}, "姓名"),
        ({"relation": "掌柜"}, "与户主关系"),
        ({"id": "110105194912310021"}, "身份证号"),
        ({"phone": "12345"}, "电话"),
        ({"flags": "独居、富裕"}, "标签"),
        ({"flags": "精神病人"}, "标签"),
        ({"year": "49"}, "出生年"),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(cells: dict[str, str], column: str) -> None:
    roll = read(changed(HEAD, **cells))
    assert errors(roll)[0] == (2, column)
    assert all("：" in p.says for p in roll.problems)


def test_what_other_offices_keep_is_not_kept_here() -> None:
    roll = read(changed(HEAD, flags="社区矫正"))
    assert "不记在这里" in roll.problems[0].says


def test_a_cell_that_the_spreadsheet_spoiled_is_asked_for_again_once() -> None:
    roll = read(changed(HEAD, id="1.10105E+17"), spoiled=[5])
    assert errors(roll) == [(2, "身份证号")]
    assert "文本" in roll.problems[0].says


def test_the_same_id_number_twice_in_a_file_is_refused() -> None:
    roll = read(HEAD, changed(SON, id="11010519491231002x", year=""))
    assert errors(roll) == [(3, "身份证号")]
    assert "第 2 行" in roll.problems[0].says


def test_a_household_has_one_head() -> None:
    assert errors(read(HEAD, changed(HEAD, id="", name="李四"))) == [(3, "与户主关系")]
    headless = read(changed(HEAD, relation="儿子"))
    assert not headless.error_count
    note_missing_heads(headless, [])
    assert errors(headless) == [(2, "与户主关系")]
    known = read(changed(HEAD, relation="儿子"))
    note_missing_heads(known, [("419001/101/203/", "0315")])
    assert not known.error_count


def test_a_grids_household_belongs_to_the_village_too() -> None:
    roll = read(changed(HEAD, village="419001101203g01"), changed(SON, village="山口村", number="0315"))
    [household] = roll.households.values()
    assert household.path == "419001/101/203/g01/"
    assert household.key == ("419001/101/203/", "0315")


def test_the_same_name_and_year_without_a_number_is_only_worth_a_look() -> None:
    first = changed(HEAD, id="", year="1949")
    roll = read(first, changed(first, number="0316"))
    assert not errors(roll)
    assert [(p.line, p.is_error) for p in roll.problems] == [(3, False)]
    both_numbered = read(HEAD, changed(HEAD, number="0316", id="440106194901010012"))
    assert not [p for p in both_numbered.problems if not p.is_error]


def test_a_roll_without_a_line_is_told_where_to_begin() -> None:
    [problem] = read().problems
    assert (problem.line, problem.column, problem.is_error) == (2, "姓名", True)
    assert "从列名的下一行起填" in problem.says


def test_a_missing_column_stops_before_the_rows() -> None:
    roll = read_roll(["姓名", "户号"], [(2, ["张三", "1"], [])], GROUND, header_line=1)
    assert [(p.line, p.column) for p in roll.problems] == [(1, "村代码或村名"), (1, "与户主关系")]
    assert roll.line_count == 0


def test_columns_are_known_by_the_names_people_use_and_foreign_ones_are_mentioned() -> None:
    header = ["序号", "村名", "户编号", "姓名", "关系", "手机号"]
    roll = read_roll(header, [(2, ["1", "山口村", "7", "张三", "户主", "13800138000"], [])], GROUND)
    assert [(p.column, p.is_error) for p in roll.problems] == [("序号", False)]
    [household] = roll.households.values()
    assert household.persons[0].phone == "13800138000"


@given(st.lists(st.lists(st.text(max_size=20), min_size=10, max_size=10), max_size=6))
def test_any_file_is_answered_and_never_breaks_the_reader(rows: list[list[str]]) -> None:
    roll = read(*rows)
    assert roll.line_count == len(rows)
    assert (
        roll.error_count + len([p for h in roll.households.values() for p in h.persons])
        >= len(rows) - roll.person_count
    )


def test_problems_beyond_a_thousand_are_counted_not_kept() -> None:
    roll = read(*[changed(HEAD, village="没有村")] * 1200)
    assert (len(roll.problems), roll.unlisted_count) == (1000, 200)
    assert roll.error_count == 1200

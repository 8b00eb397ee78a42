"""What an operator types about places, rolls, zones and codes, from the command line down to the rows and the paper."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import click
import pypdfium2
import pytest
import zxingcpp
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from app.adapters.desk import toml_of
from app.adapters.spreadsheet import Column, Table, read_rows, write_workbook
from app.commands import codes, imports, zones
from app.domains.areas import queries
from app.domains.areas.errors import AreaNotFound, GridWithoutName
from app.domains.areas.models import Area, Batch, DoorCode, Household, Person
from app.domains.areas.rules.rolls import COLUMNS
from app.domains.media.ports import DoorCodePrinter, DoorCodeRefusal
from app.domains.members.queries import is_member
from app.kernel.access import SYSTEM
from app.kernel.calendar_days import imported_days
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.settings import Settings
from tests.makers.areas import VILLAGE, make_area, make_household
from tests.makers.members import make_member

Typed = Callable[..., Result]
CODE = "419001101203"
LU = ["山口村", "三组", "0315", "卢春梅", "户主", "11010519491231002X", "13800138000", "三组15号", "独居", ""]
SON = ["", "", "", "段小平", "儿子", "", "13900139000", "", "", "1975"]


@pytest.fixture
def typed(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type a command at the terminal of this test's system."""
    config = tmp_path / "config.toml"
    config.write_text(toml_of(asdict(settings)), encoding="utf-8")
    monkeypatch.setenv("LIANXIN_CONFIG", str(config))
    commands = {c.name: c for subject in (imports, zones, codes) for c in subject.COMMANDS}

    def run(name: str, *words: object, answer: str | None = None) -> Result:
        line = [str(word) for word in words]
        return CliRunner().invoke(commands[name], line, input=answer, env={"COLUMNS": "200"})

    return run


def good(result: Result) -> str:
    """What a command said that ended well."""
    assert result.exit_code == 0, f"{result.output}{result.exception!r}"
    return result.output


def sheet(path: Path, rows: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> Path:
    write_workbook(path, [Table("户册", [Column(title) for title in columns], rows)])
    return path


def count(runtime: Runtime, model: type) -> int:
    with reading(runtime) as db:
        return db.scalar(select(func.count()).select_from(model)) or 0


def test_divisions_come_in_and_again_without_change(runtime: Runtime, typed: Typed, tmp_path: Path) -> None:
    assert "新增 574 个" in good(typed("import", "divisions"))
    assert "没有变的 574 个" in good(typed("import", "divisions"))
    assert count(runtime, Area) == 574
    bad = tmp_path / "divisions.csv"
    bad.write_text("code,name,parent_code,level\n4190011,短,,county\n", encoding="utf-8")
    refused = typed("import", "divisions", bad)
    assert refused.exit_code == 1
    assert "第 2 行 code" in refused.output
    bad.write_text("代码,名称\n1,2\n", encoding="gb18030")
    assert "缺列名" in typed("import", "divisions", bad).output


def test_a_roll_is_checked_asked_about_taken_in_and_taken_back(runtime: Runtime, typed: Typed, tmp_path: Path) -> None:
    good(typed("import", "divisions"))
    file = sheet(tmp_path / "roll.xlsx", [LU, SON])
    assert "还什么都没动" in good(typed("import", "households", file, "--dry-run"))
    assert typed("import", "households", file, answer="n\n").exit_code == 1
    assert count(runtime, Household) == 0
    said = good(typed("import", "households", file, "--yes"))
    assert "进来 1 户、2 人" in said
    assert "没有新的" in good(typed("import", "households", file, "--yes"))
    with reading(runtime) as db:
        batch = db.scalars(select(Batch.id)).one()
    assert "撤回 1 户、2 人" in good(typed("import", "undo", batch))
    with reading(runtime) as db:
        assert set(db.scalars(select(Household.state))) == set(db.scalars(select(Person.state))) == {"removed"}


def test_a_wrong_line_is_named_and_nothing_comes_in(runtime: Runtime, typed: Typed, tmp_path: Path) -> None:
    good(typed("import", "divisions"))
    file = sheet(tmp_path / "roll.xlsx", [LU, [*SON[:6], "12345", *SON[7:]]])
    refused = typed("import", "households", file, "--yes")
    assert refused.exit_code == 1
    assert "公共服务电话" in refused.output
    assert "1 处要改" in refused.output
    assert count(runtime, Household) == 0
    hostile = tmp_path / "roll.csv"
    hostile.write_bytes(b"\xd0\xcf\x11\xe0" + b"x" * 100)
    assert "旧格式" in typed("import", "households", hostile, "--yes").output


def test_the_template_can_be_filled_and_taken_in(typed: Typed, tmp_path: Path) -> None:
    good(typed("import", "divisions"))
    template = tmp_path / "template.xlsx"
    good(typed("import", "households", "--template", template))
    with read_rows(template) as read:
        assert read.header == list(COLUMNS)
        assert list(read.rows) == []
    assert typed("import", "households").exit_code == 2


def test_lines_that_wait_are_listed_masked_and_decided(runtime: Runtime, typed: Typed, tmp_path: Path) -> None:
    good(typed("import", "divisions"))
    good(typed("import", "households", sheet(tmp_path / "a.xlsx", [LU]), "--yes"))
    twin = ["山口村", "", "0400", "卢春梅", "户主", "", "", "", "", "1949"]
    assert "待定 1 人" in good(typed("import", "households", sheet(tmp_path / "b.xlsx", [twin]), "--yes"))
    listed = good(typed("import", "duplicates", "--village", CODE))
    assert "卢**" in listed
    assert "卢春梅" not in listed
    with reading(runtime) as db:
        [waiting] = queries.proposals(db, runtime.vault, SYSTEM, path=VILLAGE)
    assert "导入 1 人" in good(typed("import", "duplicates", "--take", waiting.duplicate_id))
    assert "没有待定的行" in good(typed("import", "duplicates"))
    assert count(runtime, Household) == 2


@pytest.mark.parametrize(
    "words",
    [
        "zone coverage 419001999999",
        "zone assign --village 419001999999 --member 13800138000 0001",
        "zone hand-over --village 419001999999 --from 甲 --to 乙 --reason 试",
        "import duplicates --village 419001999999",
        "qr-sheets --village 419001999999 {folder}/out.pdf",
        "code revoke --village 419001999999 --reason 丢了 0001",
        "grid add --village 419001999999 东头",
    ],
)
def test_a_code_of_no_place_is_refused_and_not_answered_by_an_empty_list(
    runtime: Runtime, typed: Typed, tmp_path: Path, words: str
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_area(tx)
    refused = typed(*words.format(folder=tmp_path).split())
    assert isinstance(refused.exception, AreaNotFound), refused.output
    assert list(tmp_path.glob("*.pdf")) == []


@pytest.mark.parametrize(
    "lines", ["day,working", "day,working\n2027-01-01,maybe", "day\n2027-01-01", "day,works\n2027-01-01,1"]
)
def test_a_calendar_that_cannot_be_read_says_how_one_is_written(
    runtime: Runtime, typed: Typed, tmp_path: Path, lines: str
) -> None:
    table = tmp_path / "days.csv"
    table.write_text(lines, encoding="utf-8")
    refused = typed("import", "calendar", table)
    assert refused.exit_code == 1
    assert "day,working 两列，至少一天" in refused.output
    with reading(runtime) as db:
        assert imported_days(db) == {}


def test_a_zone_file_without_a_household_is_no_success(typed: Typed, tmp_path: Path) -> None:
    table = tmp_path / "zones.csv"
    table.write_text("村代码,户号,联户党员\n", encoding="utf-8")
    refused = typed("zone", "import", table)
    assert refused.exit_code == 1
    assert "一户也没有" in refused.output


def test_a_published_calendar_is_taken_over(runtime: Runtime, typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "2027.csv"
    file.write_text("day,working\n2027-01-01,0\n2027-01-03,1\n", encoding="utf-8")
    assert "记下 2 天" in good(typed("import", "calendar", file))
    with reading(runtime) as db:
        assert imported_days(db) == {date(2027, 1, 1): False, date(2027, 1, 3): True}
    file.write_text("日期\n2027-01-01\n", encoding="utf-8")
    assert typed("import", "calendar", file).exit_code == 1


def test_households_are_assigned_by_number_handed_over_and_counted(runtime: Runtime, typed: Typed) -> None:
    with transaction(runtime, SYSTEM) as tx:
        first, second = make_member(tx, "段永平", phone="13800000001"), make_member(tx, "侯秀英")
        homes = [make_household(tx, str(number)) for number in (1, 2, 3)]
    assert "2 户换了" in good(typed("zone", "assign", "1", "2", "--village", CODE, "--member", "段永平"))
    assert "1 户本来就是" in good(typed("zone", "assign", "2", "--village", CODE, "--member", "13800000001"))
    assert "没有这些户号：9" in typed("zone", "assign", "9", "--village", CODE, "--member", "段永平").output
    assert "党员名册里没有“无此人”" in typed("zone", "assign", "1", "--village", CODE, "--member", "无此人").output
    covered = good(typed("zone", "coverage", CODE))
    assert "3 户，有人联 2 户" in covered
    moved = typed("zone", "hand-over", "--village", CODE, "--from", first, "--to", "侯秀英", "--reason", "外出")
    assert "移交 2 户" in good(moved)
    with reading(runtime) as db:
        assert [queries.keeper_of(db, home) for home in homes] == [second, second, None]


def test_a_zone_file_is_taken_whole_or_not_at_all(runtime: Runtime, typed: Typed, tmp_path: Path) -> None:
    with transaction(runtime, SYSTEM) as tx:
        keeper = make_member(tx, "段永平")
        make_member(tx, "侯秀英", phone="13800000002")
        make_member(tx, "侯秀英")
        homes = [make_household(tx, str(number)) for number in (1, 2)]
    columns = ("村代码", "户号", "联户党员")
    wrong = [
        (CODE, "1", "段永平"),
        (CODE, "9", "段永平"),
        ("别村", "2", "段永平"),
        (CODE, "2", "侯秀英"),
        (CODE, "1", "13800000002"),
    ]
    refused = typed("zone", "import", sheet(tmp_path / "zone.xlsx", wrong, columns))
    assert refused.exit_code == 1
    assert "有 4 行要改" in refused.output
    assert "第 5 行 联户党员：名册里有 2 位" in refused.output
    with reading(runtime) as db:
        assert queries.keeper_of(db, homes[0]) is None
    right = [(CODE, "1", "段永平"), ("山口村", "2", "13800000002")]
    assert "2 户换了" in good(typed("zone", "import", sheet(tmp_path / "right.xlsx", right, columns)))
    with reading(runtime) as db:
        assert queries.keeper_of(db, homes[0]) == keeper
    assert "缺列名" in typed("zone", "import", sheet(tmp_path / "none.xlsx", [("1", "2")], ("甲", "乙"))).output


def test_a_deputy_is_named_for_days_at_the_terminal(runtime: Runtime, typed: Typed) -> None:
    with transaction(runtime, SYSTEM) as tx:
        absent, deputy = make_member(tx, "段永平"), make_member(tx, "侯秀英")
    days = ("--from", "2026-11-02", "--until", "2026-11-05")
    good(typed("zone", "deputy", "--village", CODE, "--absent", "段永平", "--deputy", "侯秀英", *days))
    with reading(runtime) as db:
        assert queries.stands_for(db, deputy, runtime.clock.now()) == (deputy, absent)


def test_members_are_entered_and_leave_at_the_terminal(runtime: Runtime, typed: Typed) -> None:
    with transaction(runtime, SYSTEM) as tx:
        home = make_household(tx, head_phone="13800000009")
        person = tx.db.scalar(select(Household.head_id).where(Household.id == home))
        make_household(tx, "7", keeper_id=person)
    good(typed("member", "add", "--village", CODE, "--branch", "山口村党支部", "13800000009"))
    assert "登记了 0 个人" in typed("member", "add", "--village", CODE, "13900000000").output
    with reading(runtime) as db:
        assert person
        assert is_member(db, person)
    said = good(typed("member", "leave", "--village", CODE, "--reason", "转出", "13800000009"))
    assert "1 户还没有人联" in said


def test_a_grid_gets_the_next_code_of_its_village(runtime: Runtime, typed: Typed) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_area(tx)
    assert f"{CODE}g01" in good(typed("grid", "add", "--village", CODE, "东头网格"))
    assert isinstance(typed("grid", "add", "--village", CODE, " ").exception, GridWithoutName)


def scanned(pdf: Path) -> set[str]:
    document = pypdfium2.PdfDocument(pdf)
    return {code.text for page in document for code in zxingcpp.read_barcodes(page.render(scale=150 / 72).to_pil())}


def test_the_sheet_of_a_village_is_read_back_to_its_households(runtime: Runtime, typed: Typed, tmp_path: Path) -> None:
    with transaction(runtime, SYSTEM) as tx:
        homes = {make_household(tx, str(number), head="䶮𬱖") for number in range(1, 30)}
    pdf = tmp_path / "labels.pdf"
    assert "29 张，2 页，其中新发 29 个码" in good(typed("qr-sheets", "--village", CODE, pdf))
    addresses = scanned(pdf)
    assert all(address.startswith("http://127.0.0.1:8000/d/") for address in addresses)
    with reading(runtime) as db:
        doors = [queries.resolve_code(db, runtime.vault, address.rsplit("/", 1)[1]) for address in addresses]
    assert {door.household_id for door in doors if door} == homes
    words = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))
    assert "山口村" in words
    assert "䶮*" in words
    assert "𬱖" not in words
    assert "其中新发 0 个码" in good(typed("qr-sheets", "--village", CODE, tmp_path / "again.pdf"))
    assert scanned(tmp_path / "again.pdf") == addresses


def test_a_revoked_code_opens_nothing_and_the_next_sheet_has_a_new_one(
    runtime: Runtime, typed: Typed, tmp_path: Path
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_household(tx, "7")
    good(typed("qr-sheets", "--village", CODE, tmp_path / "one.pdf"))
    [old] = scanned(tmp_path / "one.pdf")
    good(typed("code", "revoke", "--village", CODE, "--reason", "丢了", "7"))
    good(typed("qr-sheets", "--village", CODE, tmp_path / "two.pdf"))
    [new] = scanned(tmp_path / "two.pdf")
    with reading(runtime) as db:
        assert queries.resolve_code(db, runtime.vault, old.rsplit("/", 1)[1]) is None
        assert queries.resolve_code(db, runtime.vault, new.rsplit("/", 1)[1]) is not None
    assert count(runtime, DoorCode) == 2
    assert "没有这个户号" in typed("code", "revoke", "--village", CODE, "--reason", "丢了", "8").output


def test_a_village_without_households_has_no_sheet(runtime: Runtime, typed: Typed, tmp_path: Path) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_area(tx)
    assert "还没有户" in typed("qr-sheets", "--village", CODE, tmp_path / "none.pdf").output


class Printer:
    """Draws a picture that holds the token, or refuses as WeChat does."""

    def __init__(self, refusal: DoorCodeRefusal | None = None) -> None:
        self.refusal = refusal

    def mini_program_code(self, token: str, page: str, width: int) -> bytes | DoorCodeRefusal:
        """The picture."""
        assert (page, width) == (codes.DOOR_PAGE, 430)
        return self.refusal or b"\x89PNG" + token.encode()


def test_mini_program_codes_lie_in_one_archive_named_by_door(runtime: Runtime, tmp_path: Path) -> None:
    doors = [queries.DoorLabel(runtime.clock, "t" * 24, "山口村", "一组", "7/8", "卢**")]  # type: ignore[arg-type]
    archive = codes.fetch_pictures(replace(runtime, ports={DoorCodePrinter: Printer()}), doors, tmp_path / "a.zip")
    with zipfile.ZipFile(archive) as pictures:
        assert pictures.namelist() == ["山口村/一组 7_8.png"]
        assert pictures.read("山口村/一组 7_8.png").endswith(b"t" * 24)
    busy = replace(runtime, ports={DoorCodePrinter: Printer(DoorCodeRefusal.BUSY)})
    with pytest.raises(click.ClickException, match="微信这会儿忙"):
        codes.fetch_pictures(busy, doors, tmp_path / "b.zip")
    assert [p.name for p in tmp_path.glob("b.zip*")] == []

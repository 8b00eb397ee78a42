"""A44: rare characters go through import, API, PDF and Excel and come back equal; characters that hide or turn are refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

import click
import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.adapters import spreadsheet
from app.adapters.sheets.labels import Label, draw_labels
from app.commands.rolls import read_roll_file
from app.domains.areas import actions, queries
from app.domains.areas.models import Household, Person
from app.domains.areas.rules import rolls
from app.kernel.access import SYSTEM, unscoped
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.kernel.values import mask_name
from tests.makers.areas import VILLAGE, make_code, make_person
from tests.makers.identity import bearer, make_account, make_session, signed_in

pytestmark = pytest.mark.promise
RARE = [
    "䶮𬱖",  # extensions A and E
    "𠮷野𪚥",  # extension B
    "𫖯𬀩𬭎",  # extensions C and E, of the national table of standard characters
    "𮧵𰻞",  # extensions F and G
    "㛃㼆",
    "阿布都热合曼·艾力",
    "\u0065\u0301lodie",  # a letter and its accent, which become one
    "か\u3099く",
    "ཚེ་རིང".replace("་", ""),
    "〇一丁",
]
STANDARD = {"䶮𬱖", "𫖯𬀩𬭎", "〇一丁"}  # of the national list of standard characters: these are always printed
REFUSED = {
    "turned right to left": "王\u202e桂兰",
    "turned and kept": "王\u2066桂兰\u2069",
    "marked right to left": "王\u200f桂兰",
    "marked as arabic": "王\u061c桂兰",
    "zero": "王\x00桂兰",
    "escape": "王\x1b[2J桂兰",
    "bell": "王\x07",
    "delete": "王\x7f桂",
}
LOWER = "11010519491231002x"
COLUMNS = [spreadsheet.Column(title) for title in rolls.COLUMNS]


def roll_of(path: Path, people: Sequence[tuple[str, str, str]]) -> Path:
    """A roll with a household for each of these people: name, ID number, phone."""
    rows = [
        ["419001101203", "一组", f"{place:04d}", name, "户主", number, phone, "一组１５号", "", ""]
        for place, (name, number, phone) in enumerate(people, start=1)
    ]
    spreadsheet.write_workbook(path, [spreadsheet.Table("户册", COLUMNS, rows)])
    return path


@pytest.fixture
def county(runtime: Runtime) -> Runtime:
    """A county with its divisions."""
    with transaction(runtime, SYSTEM) as tx:
        actions.import_divisions(tx)
    return runtime


def imported(runtime: Runtime, file: Path) -> None:
    """Bring a roll in, as the command does."""
    roll = read_roll_file(runtime, file)
    assert roll.error_count == 0, [problem.says for problem in roll.problems]
    with transaction(runtime, SYSTEM) as tx:
        actions.import_roll(tx, roll, file_hash=b"0" * 32)


@unscoped("a test reads everything")
def on_file(runtime: Runtime) -> dict[str, tuple[UUID, UUID]]:
    """Everybody by name: person and household."""
    with reading(runtime) as db:
        people = db.scalars(select(Person)).all()
        return {
            runtime.vault.open(f"areas_person.name:{p.id}", p.name_sealed): (p.id, p.household_id)
            for p in people
            if p.household_id
        }


def composed(text: str) -> str:
    """How a text is stored."""
    return unicodedata.normalize("NFC", text)


def test_a44_rare_names_are_imported_found_opened_and_written_again(
    county: Runtime, client: FlaskClient, tmp_path: Path
) -> None:
    imported(county, roll_of(tmp_path / "roll.xlsx", [(name, "", "") for name in RARE]))
    people = on_file(county)
    assert set(people) == {composed(name) for name in RARE}
    with transaction(county, SYSTEM) as tx:
        cadre = signed_in(tx, make_person(tx, "孟德胜", path=VILLAGE), "village_cadre")
        codes = {name: make_code(tx, household) for name, (_, household) in people.items()}
    for name in RARE:
        person_id, _ = people[composed(name)]
        opened = client.post(f"/api/v1/persons/{person_id}/open", json={"reason": "核对姓名"}, headers=bearer(cadre))
        assert opened.get_json()["name"] == composed(name)
        with transaction(county, SYSTEM) as tx:
            newcomer = make_session(tx, make_account(tx))
        for written in (unicodedata.normalize("NFD", name), f"  {name} "):  # found however it is typed
            claim = {"id": str(uuid4()), "way": "door", "token": codes[composed(name)], "name": written}
            asked = client.post("/api/v1/bindings", json=claim, headers=bearer(newcomer))
            assert (asked.status_code, asked.get_json()["state"]) == (201, "pending")
    back = tmp_path / "back.xlsx"
    spreadsheet.write_workbook(back, [spreadsheet.Table("名册", COLUMNS[:1], [[name] for name in people])])
    with spreadsheet.read_rows(back) as sheet:
        assert {row.cells[0] for row in sheet.rows} == set(people)


def test_a44_rare_names_are_printed_or_it_is_said_which_are_not(tmp_path: Path) -> None:
    names = [composed(name) for name in RARE]
    labels = [
        Label(f"http://127.0.0.1/d/{n:024d}", "山口村", "一组", f"{n:04d}", mask_name(name))
        for n, name in enumerate(names)
    ]
    drawn = draw_labels(tmp_path / "labels.pdf", labels, title="门牌")
    with pypdfium2.PdfDocument(tmp_path / "labels.pdf") as document:
        text = "".join(str(page.get_textpage().get_text_range()) for page in document)
    missing = {one.label - 1: one.characters for one in drawn.unprintable}
    lost = [name for place, name in enumerate(names) if mask_name(name)[0] not in text and place not in missing]
    print(f"A44: {len(names)} rare names, {len(missing)} with a sign that the font lacks and says so, {len(lost)} lost")
    assert lost == []
    assert {place for place, name in enumerate(RARE) if name in STANDARD} & set(missing) == set()


@pytest.mark.parametrize("what", REFUSED)
def test_a44_characters_that_hide_or_turn_are_refused_everywhere(
    county: Runtime, client: FlaskClient, tmp_path: Path, what: str
) -> None:
    name = REFUSED[what]
    with transaction(county, SYSTEM) as tx:
        token = make_session(tx, make_account(tx))
    bodies = [
        ("/api/v1/bindings", {"id": str(uuid4()), "way": "door", "token": "a" * 24, "name": name}),
        ("/api/v1/consents", {"id": str(uuid4()), "purpose": name, "version": "1", "is_given": False}),
        ("/api/v1/subscriptions", {"choices": {name: "accept"}}),
        ("/api/v1/session", {"code": name}),
    ]
    for path, body in bodies:
        answer = client.post(path, json=body, headers=bearer(token))
        assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid")
    assert client.get("/api/v1/feed", query_string={"after": name}, headers=bearer(token)).status_code in {403, 422}
    file = tmp_path / "roll.csv"
    head, row = ",".join(rolls.COLUMNS), ["419001101203", "一组", "0001", name, "户主", "", "", "", "", ""]
    file.write_text(f"{head}\n{','.join(row)}\n", encoding="utf-8")
    with reading(county) as db:
        before = len(db.scalars(select(Household.id)).all())  # unscoped: counts
    assert where_refused(county, file) in {(2, rolls.NAME), "no table", "a blank like any other"}
    with reading(county) as db:
        assert len(db.scalars(select(Household.id)).all()) == before  # unscoped: counts


def where_refused(runtime: Runtime, file: Path) -> tuple[int, str] | str:
    """The line and column of the first error in a roll; a file with a zero in it is no table, a kind of blank is a blank."""
    try:
        roll = read_roll_file(runtime, file)
    except click.ClickException:
        return "no table"
    names = [person.name for household in roll.households.values() for person in household.persons]
    if names == ["王桂兰"]:
        return "a blank like any other"
    return next((problem.line, problem.column) for problem in roll.problems if problem.is_error)


def test_a44_numbers_are_one_number_however_they_are_written(county: Runtime, tmp_path: Path) -> None:
    wide = str.maketrans({str(digit): chr(0xFF10 + digit) for digit in range(10)} | {"x": "ｘ"})
    imported(county, roll_of(tmp_path / "one.xlsx", [("卢春梅", LOWER, "13800138000")]))
    for number, phone in ((LOWER.upper(), "+86 138-0013-8000"), (LOWER.translate(wide), "１３８００１３８０００")):
        roll = read_roll_file(county, roll_of(tmp_path / "again.xlsx", [("卢春梅", number, phone)]))
        with reading(county) as db:
            plan = queries.compare(db, county.vault, roll)
        assert (roll.error_count, len(plan.new_households), plan.new_persons, len(plan.held)) == (0, 0, 0, 0)
        assert (plan.unchanged_households, plan.unchanged_persons) == (1, 1)
    with reading(county) as db:
        assert len(queries.persons_with_phone(db, county.vault, "13800138000")) == 1

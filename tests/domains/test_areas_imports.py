"""A roll of households comes in whole or not at all, adds and never changes, proposes and never merges, can be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.areas import actions, queries
from app.domains.areas.errors import BadFile, BatchAlreadyUndone, BatchNotFound, DuplicateNotFound
from app.domains.areas.models import Batch, Duplicate, Household, Link, Person
from app.domains.areas.rules.rolls import COLUMNS, Roll, read_roll
from app.kernel.access import SYSTEM, Actor, Grant
from app.kernel.errors import Forbidden
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.kernel.values import local_day
from tests.makers.areas import NEXT_VILLAGE, TOWN, VILLAGE, make_area, make_household, make_link

ID_OF_LU = "11010519491231002X"
LU = ["山口村", "三组", "0315", "卢春梅", "户主", ID_OF_LU, "13800138000", "三组15号", "独居", ""]
SON = ["", "", "", "段小平", "儿子", "", "13900139000", "", "", "1975"]
LI = ["白龙庙村", "一组", "7", "䶮𬱖", "户主", "", "0391-6612345", "", "", "1950"]
Bring = Callable[..., actions.Imported]


@pytest.fixture
def bring(runtime: Runtime) -> Bring:
    with transaction(runtime, SYSTEM) as tx:
        make_area(tx, VILLAGE)
        make_area(tx, NEXT_VILLAGE)
    return lambda *rows, actor=SYSTEM: _bring(runtime, rows, actor)


def _roll(runtime: Runtime, rows: Sequence[list[str]]) -> Roll:
    with reading(runtime) as db:
        ground = queries.ground_for_rolls(
            db, runtime.presets["households"], within=TOWN, today=local_day(runtime.clock.now())
        )
    return read_roll(COLUMNS, [(n, row, []) for n, row in enumerate(rows, start=2)], ground)


def _bring(runtime: Runtime, rows: Sequence[list[str]], actor: Actor) -> actions.Imported:
    roll = _roll(runtime, rows)
    with transaction(runtime, actor) as tx:
        return actions.import_roll(tx, roll, file_hash=b"hash")


def _count(runtime: Runtime, model: Any, *where: Any) -> int:
    with reading(runtime) as db:
        return db.scalar(select(func.count()).select_from(model).where(*where)) or 0


def _household(runtime: Runtime, number: str) -> Household:
    with reading(runtime) as db:
        return db.scalars(select(Household).where(Household.number == number, Household.state == "active")).one()


def test_households_and_persons_come_in_sealed_and_can_be_found(runtime: Runtime, bring: Bring) -> None:
    done = bring(LU, SON, LI)
    assert (done.households, done.persons, done.held) == (2, 3, 0)
    household = _household(runtime, "0315")
    vault = runtime.vault
    with reading(runtime) as db:
        assert queries.households_named(db, vault, [household.id]) == {household.id: "卢春梅"}
        [son] = queries.persons_with_phone(db, vault, "13900139000")
        assert queries.name_of(db, vault, son.person_id) == "段小平"
        assert queries.phone_of(db, vault, son.person_id) == "13900139000"
        assert [p.person_id for p in queries.persons_named(db, vault, household.id, name="卢春梅")] == [
            household.head_id
        ]
        head = db.get_one(Person, household.head_id)
        assert vault.open(f"areas_person.id_number:{head.id}", head.id_number_sealed or b"") == ID_OF_LU
        assert (head.sex, head.birth_year, head.relation) == ("女", 1949, "户主")
        rare = queries.households_named(db, vault, [_household(runtime, "7").id])
    assert list(rare.values()) == ["䶮𬱖"]
    assert vault.open(f"areas_household.address:{household.id}", household.address_sealed or b"") == "三组15号"
    assert household.flags == ["独居"]


def test_the_same_roll_again_changes_nothing(runtime: Runtime, bring: Bring) -> None:
    bring(LU, SON, LI)
    before = [_count(runtime, model) for model in (Household, Person, Batch, Duplicate)]
    again = bring(LU, SON, LI)
    assert again == actions.Imported(None, 0, 0, 0, 2, 3)
    assert [_count(runtime, model) for model in (Household, Person, Batch, Duplicate)] == before


def test_one_wrong_cell_stops_all_of_it(runtime: Runtime, bring: Bring) -> None:
    with pytest.raises(BadFile):
        bring(LU, SON, [*LI[:5], "1", *LI[6:]])
    with pytest.raises(BadFile):
        bring(LU, ["白龙庙村", "", "8", "无户主", "儿子", "", "", "", "", ""])
    assert _count(runtime, Household) == _count(runtime, Person) == _count(runtime, Batch) == 0


def test_a_new_person_joins_a_household_that_is_on_file(runtime: Runtime, bring: Bring) -> None:
    bring(LU)
    done = bring(["山口村", "", "0315", "段小平", "儿子", "", "", "", "", "1975"])
    assert (done.households, done.persons, done.unchanged_households) == (0, 1, 1)
    with reading(runtime) as db:
        assert len(queries.persons_of(db, _household(runtime, "0315").id)) == 2


def test_a_household_on_file_gets_no_second_head(runtime: Runtime, bring: Bring) -> None:
    bring(LU)
    wrong_number = ["山口村", "二组", "0315", "另一人", "户主", "", "", "", "", ""]
    with transaction(runtime, SYSTEM) as tx:
        roll = _roll(runtime, [wrong_number])
        queries.compare(tx.db, tx.vault, roll)
    assert [(p.line, p.column) for p in roll.problems] == [(2, "与户主关系")]
    assert "请核对户号" in roll.problems[0].says
    with pytest.raises(BadFile):
        bring(wrong_number)
    assert _count(runtime, Person, Person.relation == "户主") == 1
    assert bring(LU, SON).persons == 1  # the head himself is nobody new


def test_a_number_on_file_in_another_household_is_proposed_not_merged(runtime: Runtime, bring: Bring) -> None:
    bring(LU)
    moved = ["白龙庙村", "一组", "9", "卢春梅", "户主", ID_OF_LU.lower(), "", "", "", ""]
    done = bring(moved, SON)
    assert (done.households, done.persons, done.held) == (0, 0, 2)
    with reading(runtime) as db:
        rows = queries.proposals(db, runtime.vault, SYSTEM, path=TOWN)
    assert [(r.line, r.name_masked, r.village, r.number, r.existing) for r in rows] == [
        (2, "卢**", "白龙庙村", "9", "山口村 0315"),
        (3, "段**", "白龙庙村", "9", "山口村 0315"),
    ]
    again = bring(moved, SON)
    assert again.batch_id is None
    assert _count(runtime, Duplicate) == 2


def test_the_same_name_and_year_is_proposed_unless_both_have_numbers(bring: Bring) -> None:
    bring(LU)
    assert bring(["山口村", "", "0400", "卢春梅", "户主", "", "", "", "", "1949"]).held == 1
    assert bring(["山口村", "", "0401", "卢春梅", "户主", "410881194901010019", "", "", "", ""]).households == 1
    assert bring(["山口村", "", "0402", "卢春梅", "户主", "", "", "", "", "1950"]).households == 1
    assert bring(["白龙庙村", "", "0403", "卢春梅", "户主", "", "", "", "", "1949"]).households == 1


def _waiting(runtime: Runtime) -> list[UUID]:
    with reading(runtime) as db:
        return [row.duplicate_id for row in queries.proposals(db, runtime.vault, SYSTEM, path=TOWN)]


def test_a_cadre_says_it_is_somebody_else_and_the_line_comes_in(runtime: Runtime, bring: Bring) -> None:
    bring(LU)
    bring(["山口村", "", "0400", "卢春梅", "户主", "", "", "", "", "1949"], SON)
    with transaction(runtime, SYSTEM) as tx:
        assert actions.take_duplicates(tx, _waiting(runtime)) == 2
    household = _household(runtime, "0400")
    with reading(runtime) as db:
        assert len(queries.persons_of(db, household.id)) == 2
        assert queries.households_named(db, runtime.vault, [household.id]) == {household.id: "卢春梅"}
    assert _waiting(runtime) == []


def test_a_household_does_not_come_in_before_its_head(runtime: Runtime, bring: Bring) -> None:
    bring(LU)
    bring(["山口村", "", "0400", "卢春梅", "户主", "", "", "", "", "1949"], SON)
    with pytest.raises(BadFile), transaction(runtime, SYSTEM) as tx:
        actions.take_duplicates(tx, _waiting(runtime)[1:])
    assert len(_waiting(runtime)) == 2


def test_a_cadre_says_it_is_the_same_person_and_nothing_comes_in(runtime: Runtime, bring: Bring) -> None:
    bring(LU)
    bring(["山口村", "", "0400", "卢春梅", "户主", "", "", "", "", "1949"])
    waiting = _waiting(runtime)
    with transaction(runtime, SYSTEM) as tx:
        actions.drop_duplicates(tx, waiting)
    assert _count(runtime, Household) == 1
    with pytest.raises(DuplicateNotFound), transaction(runtime, SYSTEM) as tx:
        actions.take_duplicates(tx, waiting)


def _undo(runtime: Runtime, done: actions.Imported, spare: Sequence[UUID] = ()) -> actions.Undone:
    assert done.batch_id is not None
    with transaction(runtime, SYSTEM) as tx:
        return actions.undo_batch(tx, done.batch_id, spare_persons=spare)


def test_an_undone_import_leaves_nothing_on_file_and_can_come_again(runtime: Runtime, bring: Bring) -> None:
    done = bring(LU, SON, LI)
    assert _undo(runtime, done) == (2, 3, 0, 0)
    assert _count(runtime, Household, Household.state == "active") == 0
    assert _count(runtime, Person, Person.state == "active") == 0
    with pytest.raises(BatchAlreadyUndone):
        _undo(runtime, done)
    assert bring(LU, SON, LI).households == 2


def test_a_household_that_was_visited_stays_with_its_people(runtime: Runtime, bring: Bring) -> None:
    done = bring(LU, SON, LI)
    with transaction(runtime, SYSTEM) as tx:
        actions.touch_household(tx, _household(runtime, "0315").id, permission="visits.log", visited_at=tx.now)
    assert _undo(runtime, done) == (1, 1, 1, 2)
    assert _count(runtime, Person, Person.state == "active") == 2


def test_a_household_that_others_joined_or_somebody_of_which_is_in_use_stays(runtime: Runtime, bring: Bring) -> None:
    done = bring(LU, LI)
    bring(["山口村", "", "0315", "段小平", "儿子", "", "", "", "", "1975"])
    li = _household(runtime, "7").head_id
    assert li is not None
    assert _undo(runtime, done, [li]) == (0, 0, 2, 2)


def test_who_keeps_a_zone_stays_and_the_links_of_what_goes_are_closed(runtime: Runtime, bring: Bring) -> None:
    done = bring(LU, LI)
    keeper = _household(runtime, "0315").head_id
    assert keeper is not None
    with transaction(runtime, SYSTEM) as tx:
        make_link(tx, _household(runtime, "7").id, keeper_id=keeper, path=NEXT_VILLAGE)
    assert _undo(runtime, done) == (1, 1, 1, 1)
    with reading(runtime) as db:
        assert db.scalars(select(Link.until)).one() == runtime.clock.now()


def test_undo_takes_back_only_its_own_import(runtime: Runtime, bring: Bring) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_household(tx)
    assert _undo(runtime, bring(LU)) == (1, 1, 0, 0)
    assert _count(runtime, Household, Household.state == "active") == 1
    with pytest.raises(BatchNotFound), transaction(runtime, SYSTEM) as tx:
        actions.undo_batch(tx, tx.new_id())


def test_a_town_cadre_imports_in_his_town_and_not_next_door(bring: Bring) -> None:
    cadre = Actor("person", grants=(Grant("town_cadre", VILLAGE, frozenset(["households.write"])),))
    assert bring(LU, actor=cadre).households == 1
    with pytest.raises(Forbidden):
        bring(LI, actor=cadre)

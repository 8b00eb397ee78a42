"""The one committer: gathered inserts, events before the commit, receipts, scoped access, sealed fields."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from app.domains.areas.models import Area, Household
from app.domains.audit.models import Entry
from app.kernel.access import SYSTEM, Actor, Grant, require, scoped
from app.kernel.errors import Forbidden
from app.kernel.events import Event
from app.kernel.runtime import Runtime
from app.kernel.transaction import OnlyLooking, Tx, reading, transaction

Opener = Callable[[Actor], AbstractContextManager[Tx]]


@dataclass(frozen=True, slots=True)
class SomethingHappened(Event):
    """An event for these tests."""

    area: str


def add_area(tx: Tx, path: str, *, code: str = "") -> None:
    tx.add(
        Area,
        path=path,
        code=code or path,
        name="留村",
        level="village",
        parent_path=None,
        is_local=False,
        closed_on=None,
    )


def add_household(tx: Tx, path: str, *, keeper: UUID | None = None) -> UUID:
    household = uuid4()
    tx.add(
        Household,
        id=household,
        area_path=path,
        number=household.hex[:6],
        group_name="1组",
        address_sealed=None,
        head_id=None,
        flags=[],
        keeper_id=keeper,
        last_visit_at=None,
        batch_id=None,
        state="active",
        created_at=tx.now,
    )
    return household


def open_village_with_event(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        add_area(tx, "419001/101/201/")
        tx.emit(SomethingHappened("419001/101/201/"))


def test_gathered_rows_are_there_for_the_next_read(tx_as: Opener) -> None:
    with tx_as(SYSTEM) as tx:
        add_area(tx, "419001/101/201/")
        assert tx.db.scalar(select(func.count()).select_from(Area)) == 1


def test_rows_that_a_deed_is_done_with_go_along_with_the_others_in_one_statement(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        add_area(tx, "1/")
        add_area(tx, "2/")
    said: list[str] = []
    with transaction(runtime, SYSTEM) as tx:
        changed, same = tx.db.scalars(select(Area).order_by(Area.path)).all()
        event.listen(runtime.engine, "before_cursor_execute", lambda *facts: said.append(facts[2]))
        changed.name, changed.is_local, same.name = "改名村", True, same.name
        new = Area(path="3/", code="3", name="新村", level="village", is_local=False)
        tx.keep(new)
        add_area(tx, "4/")
        tx.leave([changed, same, new])
    assert len(said) == 1, said
    with reading(runtime) as db:
        found = [(one.path, one.name, one.is_local) for one in db.scalars(select(Area).order_by(Area.path))]
    assert found == [("1/", "改名村", True), ("2/", "留村", False), ("3/", "新村", False), ("4/", "留村", False)]


def test_what_this_deed_has_not_touched_is_asked_without_sending_its_rows(tx_as: Opener) -> None:
    with tx_as(SYSTEM) as tx:
        add_area(tx, "1/")
        asked = select(func.count()).select_from(Area)
        assert (tx.elsewhere.scalar(asked), tx.db.scalar(asked)) == (0, 1)


def test_what_a_reaction_refuses_undoes_the_whole_deed(runtime: Runtime) -> None:
    def refuse(_tx: Tx, _event: SomethingHappened) -> None:
        raise Forbidden

    strict = replace(runtime, reactions={SomethingHappened: (refuse,)})
    with pytest.raises(Forbidden):
        open_village_with_event(strict)
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).select_from(Area)) == 0


def test_an_area_whose_path_begins_alike_is_not_inside(tx_as: Opener) -> None:
    with tx_as(SYSTEM) as tx:
        for path in ("419001/10/", "419001/101/"):
            add_area(tx, path)
        inside = add_household(tx, "419001/10/")
        add_household(tx, "419001/101/")
    cadre = Actor(kind="person", grants=(Grant("cadre", "419001/10/", frozenset({"households.read"})),))
    with tx_as(cadre) as tx:
        seen = tx.db.scalars(scoped(cadre, "households.read", Household)).all()
        assert [row.id for row in seen] == [inside]


def test_a_member_sees_only_the_households_he_answers_for(tx_as: Opener) -> None:
    with tx_as(SYSTEM) as tx:
        add_area(tx, "419001/101/201/")
        household = add_household(tx, "419001/101/201/")
        add_household(tx, "419001/101/201/")
    keeper = uuid4()
    grants = (Grant("party_member", "419001/101/201/", frozenset({"visits.log@zone"})),)
    member = Actor(kind="person", person_id=keeper, grants=grants, stands_for=(keeper,))
    with tx_as(SYSTEM) as tx:
        tx.db.execute(text("UPDATE areas_household SET keeper_id = :k WHERE id = :h"), {"k": keeper, "h": household})
    with tx_as(member) as tx:
        seen = tx.db.scalars(scoped(member, "visits.log", Household)).all()
        assert [row.id for row in seen] == [household]


def test_the_permission_must_hold_at_the_very_place() -> None:
    cadre = Actor(kind="person", grants=(Grant("cadre", "419001/101/", frozenset({"x.do"})),))
    require(cadre, "x.do", within="419001/101/203/")
    with pytest.raises(Forbidden):
        require(cadre, "x.do", within="419001/102/203/")


@pytest.mark.parametrize("change", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
def test_the_database_itself_keeps_history(tx_as: Opener, change: str) -> None:
    with tx_as(SYSTEM) as tx:
        tx.add(
            Entry,
            id=uuid4(),
            at=tx.now,
            account_id=None,
            person_id=None,
            action="a",
            subject="s",
            subject_id=None,
            about_person_id=None,
            area_path="419001/",
            reason=None,
            detail=None,
        )
    with pytest.raises(DBAPIError), tx_as(SYSTEM) as tx:
        tx.db.execute(text(change))


def test_the_product_may_not_change_the_schema(tx_as: Opener) -> None:
    with pytest.raises(DBAPIError), tx_as(SYSTEM) as tx:
        tx.db.execute(text("CREATE TABLE intruder (id int)"))


@pytest.mark.parametrize("change", ["DELETE FROM areas_area", " with gone AS (DELETE FROM areas_area) SELECT 1"])
def test_who_only_looks_changes_nothing(runtime: Runtime, tx_as: Opener, change: str) -> None:
    with tx_as(SYSTEM) as tx:
        add_area(tx, "419001/101/201/")

    with pytest.raises(OnlyLooking), reading(runtime) as db:
        db.execute(text(change))

    with pytest.raises(OnlyLooking), reading(runtime) as db:
        db.scalars(select(Area)).one().name = "改名"
        db.flush()
    with reading(runtime) as db:
        assert db.scalars(select(Area.name)).one() != "改名"


def test_after_looking_a_connection_writes_again(runtime: Runtime, tx_as: Opener) -> None:
    for number in range(runtime.settings.database.pool_size + 1):
        with reading(runtime) as db:
            db.execute(text("SELECT 1"))
        with tx_as(SYSTEM) as tx:
            add_area(tx, f"419001/101/{201 + number}/")

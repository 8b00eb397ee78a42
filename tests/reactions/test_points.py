"""When points move, the audit knows and the right person is told."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from app.domains.audit.models import Entry
from app.domains.notices.models import Message
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.areas import make_person
from tests.makers.points import give, make_homes, take_back


@pytest.fixture
def home(runtime: Runtime) -> UUID:
    return make_homes(runtime, 1)[0]


def told(runtime: Runtime) -> list[tuple[str, UUID]]:
    with reading(runtime) as db:
        rows = db.execute(select(Message.template, Message.person_id).order_by(Message.template))
        return [(row.template, row.person_id) for row in rows]


def test_the_audit_knows_every_movement_and_what_a_cap_left(runtime: Runtime, home: UUID) -> None:
    give(runtime, home, 5)
    taken = give(runtime, home, -9)
    take_back(runtime, taken.transfer_id)
    with reading(runtime) as db:
        lines = db.scalars(select(Entry).where(Entry.subject == "transfer").order_by(Entry.action)).all()
    assert [(line.action, line.detail and line.detail["points"]) for line in lines] == [
        ("points.award", 5),
        ("points.deduction", -5),
        ("points.reversal", 5),
    ]


def test_whose_deed_it_was_is_told_and_otherwise_the_head(runtime: Runtime, home: UUID) -> None:
    with transaction(runtime, SYSTEM) as tx:
        daughter = make_person(tx, "卢小燕", household_id=home)
        head = tx.db.connection().exec_driver_sql("SELECT head_id FROM areas_household WHERE id = %s", (home,)).scalar()
    give(runtime, home, 5, person_id=daughter)
    taken = give(runtime, home, -2)
    take_back(runtime, taken.transfer_id)
    assert told(runtime) == [("points_arrived", daughter), ("points_put_right", head), ("points_taken", head)]


def test_an_award_of_which_a_cap_left_nothing_makes_no_noise(runtime: Runtime, home: UUID) -> None:
    give(runtime, home, runtime.presets["points"].household.month)
    give(runtime, home, 5)
    assert [template for template, _ in told(runtime)] == ["points_arrived"]

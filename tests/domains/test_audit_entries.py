"""The audit: one line a deed, only growing, read inside one's area and by the person it is about."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from app.domains.audit import actions as audit
from app.domains.audit import queries as audits
from app.domains.audit.models import Entry
from app.kernel.access import SYSTEM, Actor, Grant
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading

TxAs = Callable[[Actor], AbstractContextManager[Tx]]
VILLAGE, NEXT_VILLAGE = "419001/101/203/", "419001/101/204/"


def record(tx: Tx, *, path: str = VILLAGE, about: UUID | None = None, action: str = "visits.log") -> None:
    audit.record(
        tx,
        action=action,
        subject="visit",
        subject_id=uuid4(),
        area_path=path,
        about_person_id=about,
        reason="示例",
        detail={"count": 1},
    )


def auditor(path: str) -> Actor:
    return Actor("wechat", person_id=uuid4(), grants=(Grant("auditor", path, frozenset({"audit.read"})),))


def test_an_auditor_reads_his_area_newest_first_page_by_page(
    runtime: Runtime, tx_as: TxAs, clock: MovableClock
) -> None:
    for number in range(5):
        clock.set(clock.now() + timedelta(seconds=1), rate=0)
        with tx_as(SYSTEM) as tx:
            record(tx, action=f"n.{number}")
            record(tx, path=NEXT_VILLAGE)
    seen: list[str] = []
    with reading(runtime) as db:
        page = audits.entries(db, auditor(VILLAGE), limit=2)
        while page:
            seen += [entry.action for entry in page]
            page = audits.entries(db, auditor(VILLAGE), after=page[-1].id, limit=2)
        assert len(audits.entries(db, auditor("419001/101/"))) == 10
        assert audits.entries(db, auditor("419001/102/")) == []
        assert audits.entries(db, Actor("wechat")) == []
    assert seen == [f"n.{number}" for number in reversed(range(5))]


def test_a_person_sees_what_others_did_and_not_what_he_did_himself(runtime: Runtime, tx_as: TxAs) -> None:
    person, account, cadre = uuid4(), uuid4(), uuid4()
    for actor in (
        Actor("wechat", account_id=account, person_id=person),
        Actor("wechat", account_id=account),
        Actor("wechat", account_id=uuid4(), person_id=cadre),
        SYSTEM,
    ):
        with tx_as(actor) as tx:
            record(tx, about=person)
            record(tx, about=uuid4())
    with reading(runtime) as db:
        readers = {entry.person_id for entry in audits.reads_about(db, person, own_account=account)}
    assert readers == {cadre, None}


@pytest.mark.parametrize("change", [update(Entry).values(reason="别的"), delete(Entry)])
def test_what_was_recorded_cannot_be_changed_or_removed(runtime: Runtime, tx_as: TxAs, change: object) -> None:
    with tx_as(SYSTEM) as tx:
        record(tx)
    with pytest.raises(DBAPIError), tx_as(SYSTEM) as tx:
        tx.db.execute(change)  # type: ignore[call-overload]
    with reading(runtime) as db:
        assert [entry.reason for entry in audits.entries(db, SYSTEM)] == ["示例"]


def test_a_deed_that_fails_leaves_no_line(runtime: Runtime, tx_as: TxAs) -> None:
    with pytest.raises(ZeroDivisionError), tx_as(SYSTEM) as tx:
        record(tx)
        raise ZeroDivisionError
    with reading(runtime) as db:
        assert audits.entries(db, SYSTEM) == []

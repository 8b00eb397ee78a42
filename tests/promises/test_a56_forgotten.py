"""A56: who is gone is forgotten in time: nothing leads to him but an id in books that must be kept, and nobody else is touched."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import LargeBinary, select, update

from app.domains.areas import actions as areas
from app.domains.areas.models import Household, Person
from app.domains.audit.models import Entry
from app.domains.identity.models import Account, Binding, Slip
from app.domains.notices.models import Message, Preference
from app.domains.points.models import Transfer
from app.domains.retention import sweeps
from app.domains.visits.models import Comment
from app.kernel.access import SYSTEM, unscoped
from app.kernel.clock import MovableClock
from app.kernel.crypto import BrokenSeal
from app.kernel.runtime import Runtime
from app.kernel.tables import metadata
from app.kernel.transaction import reading, transaction
from tests.conftest import MORNING
from tests.makers.areas import VILLAGE, make_household, make_person
from tests.makers.cases import case_in
from tests.makers.identity import make_account
from tests.makers.notices import make_message
from tests.makers.points import award_in
from tests.makers.visits import make_door, make_visit
from tests.promises.papers import make_comment, make_post, make_slip

pytestmark = pytest.mark.promise
Rows = dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]
_MAY_CHANGE = {
    "areas_person",
    "areas_household",
    "audit_entry",
    "identity_binding",
    "identity_slip",
    "notices_message",
    "notices_preference",
    "visits_comment",
    "visits_post",
}


@dataclass
class Soul:
    """Somebody of the village, what must never be read of him again, and how he goes."""

    person_id: UUID
    household_id: UUID
    secrets: tuple[str, ...]
    fate: str


@unscoped("a test reads everything")
def everything(runtime: Runtime) -> Rows:
    """Every row of every table."""
    with reading(runtime) as db:
        return {
            table.name: {
                tuple(row[column.name] for column in table.primary_key): tuple(row.values())
                for row in db.execute(select(table)).mappings()
            }
            for table in metadata.sorted_tables
        }


def readable(runtime: Runtime) -> Iterator[tuple[str, str]]:
    """All that somebody with every key can read: open texts, and what opens under its own seal."""
    with reading(runtime) as db:
        for table in metadata.sorted_tables:
            for row in db.execute(select(table)).mappings():
                for column in table.columns:
                    value = row[column.name]
                    if isinstance(value, bytes) and isinstance(column.type, LargeBinary):
                        name = column.name.removesuffix("_sealed")
                        with suppress(BrokenSeal, ValueError):
                            yield table.name, runtime.vault.open(f"{table.name}.{name}:{row.get('id')}", value)
                    elif value is not None:
                        yield table.name, str(value)


def settle(runtime: Runtime, number: int, fate: str) -> Soul:
    """A person with a trace in every book, in a household of his own."""
    name, phone, id_number = f"幽兰{chr(0x4E00 + 97 * number)}", f"1390000{number:04d}", f"4190011950010{number:05d}"
    with transaction(runtime, SYSTEM) as tx:
        home = make_household(tx, f"{number}", head=f"寇{chr(0x5000 + number)}", flags=("低保",))
        person = make_person(tx, name, household_id=home, phone=phone, id_number=id_number)
        account = make_account(tx, person)
        row = {"account_id": account, "household_id": home, "area_path": VILLAGE, "way": "slip", "state": "active"}
        tx.add(Binding, id=tx.new_id(), person_id=person, requested_at=tx.now, **row)
        make_slip(tx, person)
        tx.add(Preference, person_id=person, quiet_from=20, quiet_to=8, is_elder_view=True)
        make_message(tx, person, f"soul:{number}")
        award_in(tx, home, VILLAGE)
        if fate == "in_a_case":
            case_in(tx, home, person, words="路口的灯坏了")
    with transaction(runtime, SYSTEM) as tx:  # one that waits would hold him
        tx.db.execute(update(Message).values(state="sent"))
    return Soul(person, home, (name, phone, id_number), fate)


def go(runtime: Runtime, soul: Soul) -> None:
    """He goes, as his fate is."""
    with transaction(runtime, SYSTEM) as tx:
        if soul.fate in {"moves", "in_a_case"}:
            areas.let_person_leave(tx, soul.person_id, reason="迁走")
        if soul.fate == "taken_back":
            gone = {"state": "removed", "left_at": tx.now}
            tx.db.execute(update(Person).where(Person.household_id == soul.household_id).values(gone))
            tx.db.execute(update(Household).where(Household.id == soul.household_id).values(gone))
            tx.db.execute(update(Account).where(Account.person_id == soul.person_id).values(person_id=None))


@pytest.fixture
def souls(runtime: Runtime, dice: random.Random, *, full: bool) -> list[Soul]:
    """People who stay, who go in every way, and one who is in a matter that is not solved."""
    fates = ["stays", "moves", "taken_back", "in_a_case"]
    chosen = fates + dice.choices(fates[:3], k=200 if full else 8)
    dice.shuffle(chosen)
    return [settle(runtime, number, fate) for number, fate in enumerate(chosen, start=1)]


def test_a56_who_is_gone_is_forgotten_and_nobody_else_is_touched(
    runtime: Runtime, clock: MovableClock, souls: list[Soul]
) -> None:
    for soul in souls:
        go(runtime, soul)
    before = everything(runtime)
    clock.set(MORNING + timedelta(days=364), rate=0)
    early = sweeps.forget(runtime)
    moved = [soul for soul in souls if soul.fate == "moves"]
    taken = [soul for soul in souls if soul.fate == "taken_back"]
    assert (early.persons, early.households) == (2 * len(taken), len(taken))
    clock.set(MORNING + timedelta(days=366), rate=0)
    assert sweeps.look(runtime).persons == len(moved)
    late = sweeps.forget(runtime)
    assert (late.persons, late.held) == (len(moved), {"case": 1})
    after = everything(runtime)
    assert sweeps.forget_departed(runtime) == 0
    assert everything(runtime) == after

    texts = list(readable(runtime))
    for soul in [*moved, *taken]:
        assert [table for table, text in texts if any(secret in text for secret in soul.secrets)] == []
        for field, secret in zip(("name", "phone", "id_number"), soul.secrets, strict=True):
            index = runtime.vault.index(f"areas_person.{field}", secret)
            assert not any(index in row for row in after["areas_person"].values())
    staying = [soul for soul in souls if soul.fate in {"stays", "in_a_case"}]
    for soul in staying:
        assert all(any(secret in text for _, text in texts) for secret in soul.secrets)
        assert after["areas_household"][(soul.household_id,)] == before["areas_household"][(soul.household_id,)]

    changed = {name for name, rows in before.items() if rows != after[name]}
    assert changed <= _MAY_CHANGE, changed
    forgotten = {soul.person_id for soul in [*moved, *taken]}
    others = {key: row for key, row in before["areas_person"].items() if row[1] not in {s.household_id for s in taken}}
    for key, row in others.items():
        assert key[0] in forgotten or after["areas_person"][key] == row
    print(f"A56: {len(forgotten)} of {len(souls)} forgotten, {len(staying)} untouched, {len(texts):,} values read")


@unscoped("a test reads everything")
def test_a56_ledger_and_audit_keep_the_id_only(runtime: Runtime, clock: MovableClock) -> None:
    soul, door = settle(runtime, 1, "moves"), make_door(runtime)
    visit, author = make_visit(runtime, door).id, door.keeper.person_id
    with transaction(runtime, SYSTEM) as tx:
        make_post(tx, visit, author_id=author, path=VILLAGE, words="灯修好了", file_ids=())
        make_comment(tx, visit, author_id=soul.person_id, path=VILLAGE, words="我家就在灯下面")
    go(runtime, soul)
    clock.set(MORNING + timedelta(days=400), rate=0)
    sweeps.forget(runtime)
    with reading(runtime) as db:
        kept = db.scalars(select(Entry.action).where(Entry.about_person_id == soul.person_id)).all()
        forgotten = db.scalars(select(Entry).where(Entry.action == "persons.forgotten")).one()
        transfers = db.scalars(select(Transfer).where(Transfer.household_id == soul.household_id)).all()
        comment = db.scalars(select(Comment)).one()
        claims = [db.scalars(select(model)).all() for model in (Binding, Slip, Preference)]
    assert kept == ["persons.left"]
    assert (forgotten.subject_id, forgotten.reason, forgotten.detail) == (soul.person_id, None, None)
    assert len(transfers) == 1
    assert claims == [[], [], []]
    assert (comment.author_id, comment.words) == (soul.person_id, "")

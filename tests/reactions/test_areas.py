"""What follows when zones change hands and somebody stands in: those concerned are told."""

from __future__ import annotations

from datetime import timedelta

from app.domains.areas.events import DeputyNamed, ZoneHandedOver
from app.domains.duties import sweeps
from app.domains.notices import queries as notices
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.areas import VILLAGE
from tests.makers.visits import Someone, make_door, make_keeper


def letters(runtime: Runtime, person: Someone) -> list[str]:
    """The words of a person's inbox."""
    with reading(runtime) as db:
        found = notices.inbox_of(
            db, runtime.vault, person.person_id, messages=runtime.presets["messages"], after=None, limit=9
        )
    return [letter.text for letter in found]


def test_the_new_keeper_hears_from_whom_and_how_many_wait(runtime: Runtime) -> None:
    door = make_door(runtime)
    sweeps.open_due_periods(runtime)
    with transaction(runtime, SYSTEM) as tx:
        new = make_keeper(tx, "马会计")
        tx.emit(ZoneHandedOver(door.keeper.person_id, new.person_id, (door.household_id,), VILLAGE, "调走"))
    (told,) = letters(runtime, new)
    assert "1 户由" in told
    assert "交给马会计联系，其中 1 户这个月还没去" in told
    assert letters(runtime, door.keeper) == []


def test_who_stands_in_and_who_is_away_hear_from_when_to_when(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        absent, deputy = make_keeper(tx, "马会计"), make_keeper(tx, "段永平")
        since, until = tx.now, tx.now + timedelta(days=5)
        tx.emit(DeputyNamed(deputy.person_id, absent.person_id, VILLAGE, since, until))
    told = [letters(runtime, person) for person in (deputy, absent)]
    assert told[0] == told[1] == ["11月2日到11月7日，马会计联的户由段永平代走访。点开看看是哪几家。"]

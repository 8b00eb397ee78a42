"""What waits on the held page: who may look hears of it once a day, and never about his own words."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from app.domains.notices.models import Broadcast
from app.domains.visits import sweeps
from app.domains.visits.models import Post
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from tests.conftest import MORNING
from tests.makers.areas import NEXT_VILLAGE, TOWN, VILLAGE
from tests.makers.broadcasts import make_broadcast
from tests.makers.duties import messages_for
from tests.makers.visits import Someone, a_share, make_cadre, make_door, make_visit


def told(runtime: Runtime, who: Someone) -> list[str]:
    found = [m for m in messages_for(runtime, who.person_id) if m.template == "eyes_wanted"]
    return [runtime.vault.open(f"notices_message.values:{m.id}", m.values_sealed) for m in found]


def test_who_may_look_hears_once_a_day_that_something_waits(runtime: Runtime, clock: MovableClock) -> None:
    door = make_door(runtime)
    post_id = make_visit(runtime, door, share=a_share()).id
    with transaction(runtime, SYSTEM) as tx:
        cadre, foreign = make_cadre(tx), make_cadre(tx, path=NEXT_VILLAGE)
        above = make_cadre(tx, path=TOWN, role="town_cadre")
    clock.set(MORNING + timedelta(days=1), rate=0)
    assert sweeps.ask_for_eyes(runtime) == 0, "nothing waits"
    with transaction(runtime, SYSTEM) as tx:
        tx.db.execute(update(Post).where(Post.id == post_id).values(waits_since=tx.now))
    clock.set(MORNING + timedelta(days=1, hours=23), rate=0)
    assert sweeps.ask_for_eyes(runtime) == 0, "eight in the morning is too early"
    clock.set(MORNING + timedelta(days=2), rate=0)
    assert [sweeps.ask_for_eyes(runtime) for _ in range(2)] == [1, 1]
    assert told(runtime, cadre) == ['{"count": "1"}']
    assert [told(runtime, one) for one in (foreign, above, door.keeper)] == [[], [], []]
    clock.set(MORNING + timedelta(days=3), rate=0)
    sweeps.ask_for_eyes(runtime)
    assert len(told(runtime, cadre)) == 2


def test_nobody_is_asked_to_look_at_his_own_words(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        author, above = make_cadre(tx), make_cadre(tx, path=TOWN, role="town_cadre")
        broadcast_id = make_broadcast(tx, author.person_id, path=VILLAGE, words="今晚停水", to=above.person_id)
        tx.db.execute(update(Broadcast).where(Broadcast.id == broadcast_id).values(waits_since=tx.now))
    sweeps.ask_for_eyes(runtime)
    assert (told(runtime, author), told(runtime, above)) == ([], ['{"count": "1"}'])
    with transaction(runtime, SYSTEM) as tx:
        beside = make_cadre(tx, "孟德胜")
    sweeps.ask_for_eyes(runtime)
    assert told(runtime, beside) == ['{"count": "1"}']

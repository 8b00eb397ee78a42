"""A clock is moved on: as often as its kind allows, by whom it allows, always with a reason that stays in the timeline."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.domains.cases.actions import timers
from app.domains.cases.actions.matter import matter_of
from app.domains.cases.actions.moving import places_in
from app.domains.cases.errors import MayNotExtend, NotYourMove
from app.domains.cases.events import CaseExtended
from app.domains.cases.preset.model import FormField
from app.domains.cases.preset.words import TIMELINE_GROUP
from app.domains.cases.rules import Happened, TimerState
from app.domains.cases.rules.forms import Filled, filled
from app.kernel.errors import Forbidden
from app.kernel.transaction import Tx

_REASON = {"reason": FormField(name="原因", type="text", required=True, max=200, group=TIMELINE_GROUP)}


def extend_case(tx: Tx, case_id: UUID, *, extension_id: UUID, clock: str, reason: str) -> datetime:
    """Move a running clock on before it has run out; answers when it is due now."""
    if tx.actor.person_id is None:
        raise Forbidden
    matter = matter_of(tx, case_id)
    mine = places_in(matter)
    policy, timer = matter.kind.clock.get(clock), matter.timers.get(clock)
    if policy is None or policy.extend is None or timer is None or timer.state != TimerState.running:
        raise MayNotExtend
    if policy.extend.by not in mine:
        raise NotYourMove
    if timer.extended >= policy.extend.times:
        raise MayNotExtend
    if timer.due_at <= tx.now:
        raise MayNotExtend("送到的时候时限已经过了，延不成了。先接着办，跟乡亲说一声。")
    form: Filled = filled(_REASON, {"reason": reason})
    timers.extend(matter, clock)
    entry_id = matter.write(
        Happened.extended,
        entry_id=extension_id,
        by_party=policy.extend.by,
        by_person_id=tx.actor.person_id,
        detail={"clock": clock},
    )
    matter.keep_form("", form, entry_id=entry_id)
    tx.emit(CaseExtended(matter.about(), (), clock=clock))
    return timer.due_at

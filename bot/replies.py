"""What the bot answers to a person who writes: their month in two lines, their household's points, what can be asked."""

from __future__ import annotations

from uuid import UUID

from app.domains.areas import queries as areas
from app.domains.duties import queries as duties
from app.domains.duties.queries import Owed
from app.domains.points import queries as points
from app.kernel.access import Actor
from app.kernel.transaction import Tx
from app.kernel.values import local_day, month_of

HELP = "您可以发：\n我的户 — 看这个月还有几户没去\n积分 — 看家里有多少分\n帮助 — 看能问什么\n别的事，打开微信小程序“连心”办。"
NO_POINTS = "您家还没有记过积分。做了好事，打开微信小程序“连心”报一报。"
UNKNOWN_PERSON = "还不知道您是谁。打开微信小程序“连心”，点“我的”认一认，就能查了。"
NO_ZONE = "您现在没有联系的户。发“帮助”看看还能问什么。"
_ASKS_ZONE = frozenset({"我的户", "我联的户", "走访"})
_ASKS_POINTS = frozenset({"积分", "我的积分"})
_LATEST = 3


def answer(tx: Tx, words: str, person_id: UUID | None) -> str:
    """The answer to what a person wrote."""
    asked = words.strip().strip("。？?！!“”\"' ")
    if asked in _ASKS_POINTS:
        return UNKNOWN_PERSON if person_id is None else _points(tx, person_id)
    if asked in _ASKS_ZONE:
        return UNKNOWN_PERSON if person_id is None else _month(tx, person_id)
    return HELP


def _points(tx: Tx, person_id: UUID) -> str:
    """The points of the household of whoever WeChat has proven this to be, and its latest entries."""
    person = areas.person_facts(tx.db, person_id)
    if person is None or person.household_id is None:
        return UNKNOWN_PERSON
    reader = Actor("system", person_id=person_id, household_id=person.household_id)
    book = points.passbook(tx.db, reader, person.household_id, limit=_LATEST)
    if not book.lines:
        return NO_POINTS
    return "\n".join([f"您家现在有 {book.balance} 分。最近几笔：", *map(_line, book.lines)])


def _line(line: points.Line) -> str:
    day = line.counted_on
    return f"{day.month}月{day.day}日 {line.rule_name or '评议结果'} {line.points:+d} 分"


def _month(tx: Tx, person_id: UUID) -> str:
    """The month of whoever WeChat has proven this to be, read by the machine for that person only."""
    reader = Actor("system", person_id=person_id, stands_for=areas.stands_for(tx.db, person_id, tx.now))
    month = month_of(local_day(tx.now))
    owed = [
        one for kind in tx.runtime.presets["duties"] for one in duties.month_of(tx.db, reader, kind=kind, period=month)
    ]
    return _said(month, owed) if owed else NO_ZONE


def _said(month: str, owed: list[Owed]) -> str:
    progress = duties.progress_of(owed)
    spoken = f"{int(month[5:])}月"
    excused = f"免访 {progress.excused} 户，" if progress.excused else ""
    first = f"{spoken}您联 {progress.total} 户，去过 {progress.done} 户，{excused}还有 {progress.owed} 户没去。"
    if not progress.owed:
        return f"{first}\n这个月都去过了，辛苦您。"
    open_one = owed[0]
    due = open_one.due_on
    return f"{first}\n先去{open_one.group_name} {open_one.number} 号，{due.month}月{due.day}日前走到就好。"

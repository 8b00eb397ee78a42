"""What has happened in the demo village lately, so that every screen of the loop has something to show: told once, on a desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select, update

from app.demo.books import books
from app.demo.cast import NEIGHBOURS, ROLES
from app.demo.deeds import deeds
from app.demo.errands import errands
from app.demo.helping import helping
from app.demo.life import life
from app.demo.then import Stage, Story
from app.demo.whistles import whistles
from app.domains.cases.models import Case
from app.domains.notices.models import Message
from app.domains.notices.rules import INBOX, MessageState
from app.kernel.access import SYSTEM, unscoped
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction

_NEWS = timedelta(hours=1)  # what is younger rings when the desk starts
_UNREAD = timedelta(days=2)


class MayNotPretend(Exception):
    """A story was to be told where real people live."""


def tell(runtime: Runtime) -> bool:
    """Play the village's last months; False when the village is too small for it, or it was told before."""
    if runtime.settings.mode == "production":
        raise MayNotPretend
    stage = Stage(runtime)
    if _is_told(runtime) or not stage.has((*(role.key for role in ROLES), *NEIGHBOURS)):
        return False
    stage.play(_stories(stage))
    _have_been_heard(runtime)
    return True


def _stories(stage: Stage) -> Iterator[Story]:
    for chapter in (books, whistles, errands, deeds, helping, life):
        yield from chapter(stage)


@unscoped("whether anything was told yet")
def _is_told(runtime: Runtime) -> bool:
    with reading(runtime) as db:
        return db.scalar(select(Case.id).limit(1)) is not None


def _have_been_heard(runtime: Runtime) -> None:
    """Messages of the past have been heard at the time, most of them read; only the news still ring."""
    with transaction(runtime, SYSTEM) as tx:
        past = (Message.state == MessageState.waiting, Message.created_at < tx.now - _NEWS)
        heard = {"state": MessageState.sent, "channel": INBOX, "ended_at": Message.created_at}
        read = {"read_at": Message.created_at + timedelta(hours=1)}
        for values, more in ((read, (Message.created_at < tx.now - _UNREAD,)), (heard, ())):
            change = update(Message).where(*past, *more).values(values)
            tx.db.execute(change.execution_options(synchronize_session=False))

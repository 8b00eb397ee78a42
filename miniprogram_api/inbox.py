"""Messages: what came, what WeChat may still bring, and the hours in which it must not ring."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Response
from pydantic import Field

from app.domains.notices import actions as notices
from app.domains.notices import queries
from app.domains.notices.actions import Word
from app.domains.notices.queries import Allowance, Letter
from app.kernel.transaction import Tx, reading
from app.web.answers import answer, write
from app.web.forms import Form, Shape
from app.web.paging import PAGE, Cursor
from app.web.routes import actor, blueprint, needs, runtime

api = blueprint("inbox", "消息")


class InboxQuery(Form):
    """Which page."""

    after: str | None = Field(default=None, max_length=64, description="上一页的 next")


class MessagePath(Form):
    """Which message."""

    message_id: UUID


class LetterShape(Shape):
    """One message."""

    id: UUID
    title: str
    text: str
    page: str = Field(description="点开到哪一页")
    is_alarm: bool
    at: datetime
    read_at: datetime | None


class InboxShape(Shape):
    """A page of messages, the newest first."""

    items: list[LetterShape]
    unread: int
    next: str | None


class ReadShape(Shape):
    """How many are still unread."""

    unread: int


class SubscriptionsForm(Form):
    """What was tapped in WeChat's question, by the template's name here."""

    choices: dict[str, Word] = Field(max_length=10, description="模板名：accept、reject 或 ban")


class SubscriptionShape(Shape):
    """One kind of message that WeChat may bring."""

    template: str
    template_id: str = Field(description="wx.requestSubscribeMessage 用的编号")
    title: str
    left: int = Field(description="微信已确认、还能通知的次数")
    reported: int = Field(description="手机刚点过、还没等到微信确认的次数")
    is_long_term: bool
    words: str = Field(description="给人看的一句话")


class SubscriptionsShape(Shape):
    """Everything that can come by WeChat."""

    items: list[SubscriptionShape]


class QuietHoursForm(Form):
    """From when to when only alarms may ring, in full hours; equal hours mean never quiet."""

    from_hour: int = Field(ge=0, le=23)
    to_hour: int = Field(ge=0, le=23)


class QuietHoursShape(Shape):
    """The hours in which only alarms ring."""

    from_hour: int
    to_hour: int
    words: str


@api.get("/inbox", summary="收到的消息", responses={200: InboxShape})
@needs("me.read")
def inbox(query: InboxQuery) -> Response:
    """The caller's messages, a page of thirty."""
    after, person_id, here = Cursor.read(query.after), actor().person_id, runtime()
    if person_id is None:
        return answer(InboxShape(items=[], unread=0, next=None))
    with reading(here) as db:
        letters = queries.inbox_of(
            db, here.vault, person_id, messages=here.presets["messages"], after=after, limit=PAGE + 1
        )
        unread = queries.unread_count(db, person_id)
    page = letters[:PAGE]
    last = Cursor.write(page[-1].at, page[-1].message_id) if len(letters) > PAGE else None
    return answer(InboxShape(items=[_letter(one) for one in page], unread=unread, next=last), etag=True)


@api.post("/inbox/<uuid:message_id>/read", summary="看过一条消息", responses={200: ReadShape})
@needs("me.write")
def read(path: MessagePath) -> Response:
    """The caller has opened a message."""

    def work(tx: Tx) -> ReadShape:
        notices.mark_read(tx, path.message_id)
        person_id = tx.actor.person_id
        return ReadShape(unread=queries.unread_count(tx.db, person_id) if person_id else 0)

    return write(work)


@api.get("/subscriptions", summary="微信还能通知几次", responses={200: SubscriptionsShape})
@needs("me.read")
def subscriptions() -> Response:
    """What the caller has allowed WeChat to bring."""
    here = runtime()
    with reading(here) as db:
        allowed = queries.allowances_of(db, here.presets["messages"], actor().account_id)
    return answer(SubscriptionsShape(items=[_subscription(one) for one in allowed]), etag=True)


@api.post("/subscriptions", summary="记下刚才在微信里点了什么", responses={200: SubscriptionsShape})
@needs("me.write")
def report(body: SubscriptionsForm) -> Response:
    """What the phone says is shown at once; only WeChat's own word makes it count."""

    def work(tx: Tx) -> SubscriptionsShape:
        notices.report_choices(tx, body.choices)
        allowed = queries.allowances_of(tx.db, tx.runtime.presets["messages"], tx.actor.account_id)
        return SubscriptionsShape(items=[_subscription(one) for one in allowed])

    return write(work)


@api.get("/me/quiet-hours", summary="什么时候不打扰", responses={200: QuietHoursShape})
@needs("me.read")
def quiet_hours() -> Response:
    """The hours in which only alarms ring for the caller."""
    here = runtime()
    with reading(here) as db:
        start, end = queries.quiet_hours_of(db, here.presets["notices"], actor().person_id)
    return answer(_quiet(start, end), etag=True)


@api.put("/me/quiet-hours", summary="改不打扰的时间", responses={200: QuietHoursShape})
@needs("me.write")
def choose_quiet_hours(body: QuietHoursForm) -> Response:
    """The caller chooses other hours."""

    def work(tx: Tx) -> QuietHoursShape:
        notices.choose_quiet_hours(tx, from_hour=body.from_hour, to_hour=body.to_hour)
        return _quiet(body.from_hour, body.to_hour)

    return write(work)


def _letter(one: Letter) -> LetterShape:
    return LetterShape(
        id=one.message_id,
        title=one.title,
        text=one.text,
        page=one.page,
        is_alarm=one.is_alarm,
        at=one.at,
        read_at=one.read_at,
    )


def _subscription(one: Allowance) -> SubscriptionShape:
    return SubscriptionShape(**one._asdict(), words=_allowed(one))


def _allowed(one: Allowance) -> str:
    if one.is_long_term:
        return "一直会通知您"
    if one.left:
        return f"微信还能通知您 {one.left} 次"
    if one.reported:
        return "刚点的已经记下，等微信确认"
    return "点一下，下次微信告诉您"


def _quiet(start: int, end: int) -> QuietHoursShape:
    words = "什么时候都会响" if start == end else f"{start} 点到 {end} 点只有急事会响"
    return QuietHoursShape(from_hour=start, to_hour=end, words=words)

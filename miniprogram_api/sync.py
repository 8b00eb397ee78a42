"""The queue of a phone that was without signal: a batch of items in any order, each with its own receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from flask import Response
from pydantic import Field, ValidationError

from app.kernel.errors import Invalid, NotFound, Refusal
from app.kernel.receipts import Parked
from app.web.answers import answer
from app.web.errors import place_of
from app.web.forms import Form, Shape
from app.web.routes import acting_for, actor, blueprint, needs, runtime
from miniprogram_api.deliveries import CONFLICT, KINDS, RECEIVED, WAITING, Counter, Delivered, Item, WaitedTooLong

api = blueprint("sync", "离线队列")

MOST_ITEMS = 50
_MOST_BYTES = 256 * 1024
# What somebody may hand in for a person who has left it to him.
_FOR_OTHERS = frozenset({"case", "appraisal", "appraisal_withdraw"})
_LABELS = {RECEIVED: "已收", WAITING: "等待", CONFLICT: "冲突"}


class TooManyItems(Invalid):
    """A batch that is longer than one transaction after the other should be; nothing of it was done."""

    code = "sync.too_many_items"
    sentence = "一次最多送 50 条，请分几次送。一条都还没收。"


class Unreadable(Invalid):
    """One item that cannot be understood; the others are not touched by it."""

    code = "sync.unreadable"
    sentence = "这一条读不懂，请更新小程序后再试。内容还在手机里。"


class SyncForm(Form):
    """A batch; what an item must look like is judged item by item."""

    items: list[Any] = Field(description="每条：id、kind、可选 depends_on、body；最多 50 条，共 256 KB")


class ItemForm(Form):
    """One item as it travels."""

    id: UUID
    kind: str = Field(max_length=40)
    depends_on: UUID | None = None
    acts_for: UUID | None = Field(default=None, description="替谁办的：对方托过您才行")
    body: dict[str, Any]


class ReceiptShape(Shape):
    """What became of one item."""

    id: UUID | None
    state: str = Field(description="received 已收、waiting 等待、conflict 冲突")
    label: str
    code: str | None = None
    message: str | None = None
    field: str | None = None
    answer: Any = Field(default=None, description="已收时，与单独送这一条得到的回答相同")


class SyncShape(Shape):
    """A receipt for each item in the order of the batch, and for earlier items that could be settled now."""

    receipts: list[ReceiptShape]
    settled: list[ReceiptShape]


class ParkedShape(Shape):
    """An earlier item that waits for its parent, or for which nothing more can be done."""

    id: UUID
    kind: str
    state: str
    label: str
    waits_for: UUID
    parked_at: datetime
    expires_at: datetime
    code: str | None
    message: str | None


class WaitingList(Shape):
    """All that waits."""

    items: list[ParkedShape]


@api.post("/sync", summary="送离线队列", responses={200: SyncShape})
@needs("me.write", up_to=_MOST_BYTES)
def sync(body: SyncForm) -> Response:
    """Each item in a transaction of its own; any order, any prefix, any repetition ends in the same."""
    if len(body.items) > MOST_ITEMS:
        raise TooManyItems(field="items")
    counter = Counter(runtime(), actor(), KINDS)
    taken = [_take(counter, raw) for raw in body.items]
    settled = {one.id: one for one in counter.settle()}
    done = [*taken, *settled.values()]
    counter.follow([one.id for one in done if isinstance(one, Delivered) and one.state == RECEIVED])
    receipts = [settled.pop(one.id, one) if isinstance(one, Delivered) else one for one in taken]
    return answer(
        SyncShape(receipts=[_receipt(one) for one in receipts], settled=[_receipt(one) for one in settled.values()])
    )


@api.get("/sync/waiting", summary="还在等的", responses={200: WaitingList})
@needs("me.read")
def waiting() -> Response:
    """What of one's queue waits for its parent, and what came to nothing; nothing disappears silently."""
    here = runtime()
    rows: Sequence[Parked] = Counter(here, actor(), KINDS).waiting()
    now = here.clock.now()
    return answer(WaitingList(items=[_parked(row, now) for row in rows]), etag=True)


class _Refused:
    """An item that could not even be read; its id is told back when it has one."""

    def __init__(self, item_id: UUID | None, refusal: Refusal) -> None:
        self.id = item_id
        self.refusal = refusal


def _take(counter: Counter, raw: Any) -> Delivered | _Refused:
    try:
        item = _item(raw)
        return _counter_for(counter, raw, item).take(item)
    except (Invalid, NotFound) as refused:
        return _Refused(_id_of(raw), refused)


def _counter_for(counter: Counter, raw: Any, item: Item) -> Counter:
    """Who hands an item in for somebody else is that person for this item; it never waits for another one."""
    person_id = ItemForm.model_validate(raw).acts_for
    if person_id is None:
        return counter
    if item.kind not in _FOR_OTHERS or item.depends_on is not None or item.target is not None:
        raise Unreadable(field="acts_for")
    return Counter(runtime(), acting_for(actor(), str(person_id)), KINDS)


def _item(raw: Any) -> Item:
    try:
        outer = ItemForm.model_validate(raw)
    except ValidationError as wrong:
        raise Unreadable(field=place_of(wrong)) from wrong
    deed = KINDS.get(outer.kind)
    if deed is None or outer.body.get("id", str(outer.id)) != str(outer.id):
        raise Unreadable(field="body.id" if deed else "kind")
    body = {**outer.body, "id": outer.id}
    target = body.pop(deed.target, None) if deed.missing else None
    try:
        form = deed.form.model_validate(body)
        aim = UUID(target) if isinstance(target, str) else None
    except ValidationError as wrong:
        raise Unreadable(field=f"body.{place_of(wrong)}".rstrip(".")) from wrong
    except ValueError as wrong:
        raise Unreadable(field=f"body.{deed.target}") from wrong
    if deed.missing and aim is None and (deed.needs_target or target is not None):
        raise Unreadable(field=f"body.{deed.target}")
    return Item(outer.id, outer.kind, form, aim, outer.depends_on)


def _id_of(raw: Any) -> UUID | None:
    try:
        return UUID(raw["id"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def _receipt(one: Delivered | _Refused) -> ReceiptShape:
    state = one.state if isinstance(one, Delivered) else CONFLICT
    said = one.answer if isinstance(one, Delivered) else None
    refusal = one.refusal
    return ReceiptShape(
        id=one.id,
        state=state,
        label=_LABELS[state],
        code=refusal.code if refusal else None,
        message=refusal.sentence if refusal else None,
        field=refusal.field if refusal else None,
        answer=orjson.loads(said) if said else None,
    )


def _parked(row: Parked, now: datetime) -> ParkedShape:
    is_waiting = row.state == WAITING and row.expires_at > now
    outcome = row.outcome or {"code": WaitedTooLong.code, "message": WaitedTooLong.sentence}
    state = WAITING if is_waiting else CONFLICT
    return ParkedShape(
        id=row.id,
        kind=row.kind,
        state=state,
        label=_LABELS[state],
        waits_for=row.waits_for,
        parked_at=row.parked_at,
        expires_at=row.expires_at,
        code=None if is_waiting else outcome["code"],
        message=None if is_waiting else outcome["message"],
    )

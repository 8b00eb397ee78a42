"""What follows from each kind of packet: one function a kind, in the transaction that marks the packet as done.

A function answers what to say to the person afterwards, or nothing. `NotYet` puts the packet off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.domains.identity import queries as identity
from app.domains.identity.actions import followers
from app.domains.media import actions as media
from app.domains.notices import actions as notices
from app.domains.notices.actions import Packet, Receipt
from app.domains.notices.events import AuthorizationRevoked
from app.domains.notices.preset import Messages
from app.domains.notices.rules import OFFICIAL, SUBSCRIBE
from app.kernel.transaction import Tx
from bot import replies
from bot.verdicts import verdict_of

OFFICIAL_ACCOUNT = "oa"
_GREETING = "您来了。在小程序“连心”里认过身份以后，提醒会发到这里。\n" + replies.HELP
_SAYS_DELIVERED = frozenset({"success", "0", ""})


class NotYet(Exception):
    """What the packet speaks of is not here yet; look again later."""


Handler = Callable[[Tx, Packet], str | None]


def account_of(tx: Tx, packet: Packet) -> UUID | None:
    """Which of our accounts this is about."""
    if packet.openid is None:
        return None
    is_official = packet.app == OFFICIAL_ACCOUNT
    return identity.account_with_openid(tx.db, tx.vault, packet.openid, is_official=is_official)


def person_of(tx: Tx, packet: Packet) -> UUID | None:
    """The person who wrote."""
    account_id = account_of(tx, packet)
    return identity.person_of(tx.db, account_id) if account_id else None


def _popup(tx: Tx, packet: Packet) -> None:
    """Somebody was asked and said yes or no; each yes is one message."""
    for account_id, template, entry in _choices(tx, packet):
        if entry.get("SubscribeStatusString") == "accept":
            notices.accept(tx, account_id, template)


def _change(tx: Tx, packet: Packet) -> None:
    """Somebody changed his mind on WeChat's own pages."""
    for account_id, template, entry in _choices(tx, packet):
        if entry.get("SubscribeStatusString") in {"reject", "ban"}:
            notices.empty_credit(tx, account_id, template)


def _choices(tx: Tx, packet: Packet) -> Iterator[tuple[UUID, str, Mapping[str, Any]]]:
    messages: Messages = tx.runtime.presets["messages"]
    account_id = account_of(tx, packet)
    for entry in _entries(packet):
        template = messages.subscribed_as(str(entry.get("TemplateId", "")))
        if account_id and template:
            yield account_id, template, entry


def _entries(packet: Packet) -> list[Mapping[str, Any]]:
    listed = packet.payload.get("List", [])
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def receipts_in(tx: Tx, packet: Packet) -> list[Receipt]:
    """What a packet reports about messages that were sent; whose they are is not asked here, receipts come in bursts."""
    if packet.event == "templatesendjobfinish":
        status = str(packet.payload.get("Status", ""))
        provider_id = str(packet.payload.get("MsgID", ""))
        return [Receipt(OFFICIAL, provider_id, status == "success", packet.created_at, code=status)]
    messages: Messages = tx.runtime.presets["messages"]
    return [
        Receipt(
            SUBSCRIBE,
            str(entry.get("MsgID", "")),
            str(entry.get("ErrorCode", "")) in _SAYS_DELIVERED,
            packet.created_at,
            code=str(entry.get("ErrorCode", "")),
            template=messages.subscribed_as(str(entry.get("TemplateId", ""))),
        )
        for entry in _entries(packet)
    ]


def receive_receipts(tx: Tx, packet: Packet) -> None:
    """Receipts of one packet, those that report a loss among them; `NotYet` while their messages are not known."""
    account_id = account_of(tx, packet)
    receipts = [replace(one, account_id=account_id) for one in receipts_in(tx, packet)]
    unknown = [one for one in receipts if not _received(tx, one)]
    if unknown and packet.attempt < _PATIENT_ATTEMPTS:
        raise NotYet


_PATIENT_ATTEMPTS = 10  # a minute and a half: longer than a lease


def _received(tx: Tx, receipt: Receipt) -> bool:
    known = not notices.deliver(tx, [receipt]) if receipt.is_delivered else notices.take_back(tx, receipt)
    return known or notices.settle_doubt(tx, receipt)


def _checked(tx: Tx, packet: Packet) -> None:
    """The picture check has spoken."""
    trace_id = str(packet.payload.get("trace_id", ""))
    if not media.decide_check(tx, trace_id, verdict_of(packet.payload)) and packet.attempt < _PATIENT_ATTEMPTS:
        raise NotYet


def _followed(tx: Tx, packet: Packet) -> str:
    del tx, packet
    return _GREETING


def _left(tx: Tx, packet: Packet) -> None:
    if packet.openid and packet.app == OFFICIAL_ACCOUNT:
        followers.unlink_follower(tx, openid=packet.openid)


def _revoked(tx: Tx, packet: Packet) -> None:
    account_id = account_of(tx, packet)
    if account_id:
        tx.emit(AuthorizationRevoked(account_id, str(packet.payload.get("RevokeInfo", ""))[:40]))


def _wrote(tx: Tx, packet: Packet) -> str:
    return replies.answer(tx, str(packet.payload.get("Content", "")), person_of(tx, packet))


RECEIPTS = frozenset({"subscribe_msg_sent_event", "templatesendjobfinish"})
HANDLERS: Mapping[str, Handler] = {
    "subscribe_msg_popup_event": _popup,
    "subscribe_msg_change_event": _change,
    **dict.fromkeys(RECEIPTS, receive_receipts),
    "wxa_media_check": _checked,
    "subscribe": _followed,
    "unsubscribe": _left,
    "user_authorization_revoke": _revoked,
    "user_authorization_cancellation": _revoked,
    "text": _wrote,
}
# Packets that show who a follower is: the union id behind the openid is asked for before the transaction.
SHOWS_FOLLOWER = frozenset({"subscribe", "scan", "text", "click", "view"})

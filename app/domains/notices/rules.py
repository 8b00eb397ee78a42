"""Decisions about messages, without I/O: which channel, what a result means, when a message waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from app.domains.notices.ports import Outcome, SendResult, Why
from app.kernel.clocks import end_of_quiet, in_quiet_hours

if TYPE_CHECKING:
    from app.domains.notices.preset import Delivery, Noise

INBOX = "inbox"
SUBSCRIBE = "wechat_subscribe"
OFFICIAL = "wechat_template"
SMS = "sms"
_HELD_BACK = "held_back"  # the gateway's breaker is open: nothing was tried


class Urgency(StrEnum):
    """Whether a message may wait for the morning; alarms leave before all others."""

    alarm = "alarm"
    normal = "normal"


class MessageState(StrEnum):
    """The life of a message; the last three are final."""

    waiting = "waiting"
    sending = "sending"
    sent = "sent"
    failed = "failed"
    unknown = "unknown"


class InboundState(StrEnum):
    """The life of a packet that WeChat sent us."""

    waiting = "waiting"
    done = "done"
    failed = "failed"


class Audience(StrEnum):
    """To whom of a place a broadcast goes."""

    everybody = "everybody"
    members = "members"
    keepers = "keepers"


class BroadcastState(StrEnum):
    """The life of a broadcast: its words are checked, or looked at by somebody else, and it is sent, refused or taken back."""

    checking = "checking"
    held = "held"
    sent = "sent"
    refused = "refused"
    withdrawn = "withdrawn"


class CreditMove(StrEnum):
    """What becomes of the subscription credit that went along with a send."""

    spent = "spent"
    returned = "returned"
    emptied = "emptied"


# ------------------------------------------------------------------ before a send


@dataclass(frozen=True, slots=True)
class Route:
    """The channel to take now, or the moment until which to wait; neither: only the inbox is left."""

    channel: str | None = None
    wait_until: datetime | None = None


ONLY_INBOX = Route()


def route(
    candidates: Sequence[str],
    *,
    resting: Mapping[str, datetime],
    urgency: Urgency,
    now: datetime,
    patience: timedelta,
) -> Route:
    """The first channel that is not resting. A normal message waits for a short rest, an alarm never does."""
    for channel in candidates:
        until = resting.get(channel, now)
        if until <= now:
            return Route(channel)
        if urgency is Urgency.normal and until - now <= patience:
            return Route(wait_until=until)
    waits = [resting[channel] for channel in candidates]
    return Route(wait_until=min(waits)) if waits else ONLY_INBOX


def candidates(order: Sequence[str], *, reachable: Collection[str], tried: Collection[str]) -> list[str]:
    """The channels that are left for a message, in their order."""
    return [channel for channel in order if channel in reachable and channel not in tried]


def quiet_until(
    now: datetime, urgency: Urgency, hours: tuple[int, int], *, spread: timedelta = timedelta(0), seed: int = 0
) -> datetime | None:
    """Until when a message must not ring; None when it may. `seed` gives each message its own place in the morning."""
    start, end = hours
    if urgency is Urgency.alarm or start == end or not in_quiet_hours(now, start, end):
        return None
    return end_of_quiet(now, end) + spread * ((seed % 997) / 997)


def is_too_noisy(recent: int, urgency: Urgency, noise: Noise) -> bool:
    """Whether a person has heard enough for some hours. Alarms always leave, and room is kept for them."""
    return urgency is Urgency.normal and recent >= noise.most - noise.kept_for_alarms


def is_stale(created_at: datetime, urgency: Urgency, now: datetime, *, policy: Delivery) -> bool:
    """Whether a message is too old to ring for: a reminder of the day before yesterday is noise."""
    return urgency is Urgency.normal and now - created_at > timedelta(hours=policy.give_up_hours)


def unreached(urgency: Urgency) -> MessageState:
    """How a message ends that no channel can carry: normal ones lie in the inbox, an unheard alarm concerns staff."""
    return MessageState.failed if urgency is Urgency.alarm else MessageState.sent


# ------------------------------------------------------------------ after a send


@dataclass(frozen=True, slots=True)
class Attempted:
    """What was just tried: how urgent, on which channel, how often before, how often without knowing the end."""

    urgency: Urgency
    channel: str
    template: str
    tries: int = 0
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class Rest:
    """A lane that must rest: a whole channel, or one template on it."""

    lane: str
    until: datetime
    reason: str
    needs_operator: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a message after a try. `at` is when a waiting one may be taken again."""

    state: MessageState
    at: datetime
    tries: int = 0
    doubts: int = 0
    gives_up_channel: bool = False
    credit: CreditMove = CreditMove.returned
    rest: Rest | None = None
    void: Why | None = None


def lane_of(channel: str, template: str) -> str:
    """The lane of one template on one channel."""
    return f"{channel}:{template}"


def after(result: SendResult, tried: Attempted, now: datetime, *, policy: Delivery, is_probe: bool = False) -> Decision:
    """What becomes of a message after this result; `is_probe` when it went to see whether a lane is open again."""
    again = Decision(MessageState.waiting, now, tried.tries, tried.doubts)
    next_channel = replace(again, tries=0, gives_up_channel=True)
    match result.outcome:
        case Outcome.SENT:
            return replace(again, state=MessageState.sent, credit=CreditMove.spent)
        case Outcome.RETRY:
            return _later(result, tried, again, policy=policy, is_probe=is_probe)
        case Outcome.UNREACHABLE:
            nobody = result.why in {Why.NO_CONSENT, Why.ADDRESS_UNKNOWN}
            credit = CreditMove.emptied if nobody else CreditMove.returned
            return replace(next_channel, credit=credit, void=_void(result.why))
        case Outcome.REFUSED_MESSAGE:
            return next_channel
        case Outcome.UNKNOWN:
            return unsure(tried, now, policy)
        case Outcome.LIMITED | Outcome.REFUSED_TEMPLATE | Outcome.MISCONFIGURED:
            return replace(again, rest=_rest(result, tried, now, policy=policy))


def is_providers_word(code: str) -> bool:
    """Whether the provider itself has spoken, by a number, and not a proxy or nobody."""
    return code.removeprefix("-").isdecimal()


def unsure(tried: Attempted, now: datetime, policy: Delivery) -> Decision:
    """Nobody knows whether it arrived: where a copy does not show it is simply sent again, else only an alarm, once.

    It waits a little, so that a receipt can settle the doubt first.
    """
    tries, doubts = tried.tries + 1, tried.doubts + 1
    copy_is_harmless = tried.channel in policy.repeats_are_safe and tries <= len(policy.retry_seconds)
    alarm_again = tried.urgency is Urgency.alarm and tried.doubts == 0
    state = MessageState.waiting if copy_is_harmless or alarm_again else MessageState.unknown
    at = now + timedelta(seconds=policy.doubt_seconds)
    return Decision(state, at, tries, doubts, credit=CreditMove.spent)


def untouched(tried: Attempted, now: datetime) -> Decision:
    """It was taken and not sent: it goes back as it was."""
    return Decision(MessageState.waiting, now, tried.tries, tried.doubts)


def _later(result: SendResult, tried: Attempted, again: Decision, *, policy: Delivery, is_probe: bool) -> Decision:
    now = again.at
    if result.code == _HELD_BACK and result.until is not None:
        return replace(again, at=result.until, rest=Rest(tried.channel, result.until, _HELD_BACK))
    if is_probe and not is_providers_word(result.code):
        # nobody was there: that says something of the lane, and uses up none of the message's tries
        return replace(again, at=max(now + timedelta(seconds=policy.probe_seconds), result.until or now))
    if tried.tries >= len(policy.retry_seconds):
        return replace(again, tries=0, gives_up_channel=True)
    wait = timedelta(seconds=policy.retry_seconds[tried.tries])
    return replace(again, at=max(now + wait, result.until or now), tries=tried.tries + 1)


def _rest(result: SendResult, tried: Attempted, now: datetime, *, policy: Delivery) -> Rest:
    if result.outcome is Outcome.REFUSED_TEMPLATE:
        lane = lane_of(tried.channel, tried.template)
        return Rest(lane, now + timedelta(minutes=policy.template_rest_minutes), result.code, needs_operator=True)
    if result.outcome is Outcome.MISCONFIGURED:
        until = now + timedelta(minutes=policy.misconfigured_minutes)
        return Rest(tried.channel, until, result.code, needs_operator=True)
    return Rest(tried.channel, result.until or now + timedelta(minutes=1), result.code)


def _void(why: Why | None) -> Why | None:
    return why if why in {Why.ADDRESS_UNKNOWN, Why.NOT_FOLLOWING} else None


# ------------------------------------------------------------------ what is said


def sealed_in(message_id: UUID) -> str:
    """What the values of a message are sealed to."""
    return f"notices_message.values:{message_id}"


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its values in it; a value that is missing leaves a gap rather than no message."""
    return text.format_map(_Gaps(values))


class _Gaps(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


# ------------------------------------------------------------------ broadcasts

BROADCAST_SUBJECT = "broadcast:"
NOT_FOR_EVERYBODY = "有的话不能公开说"  # the check's own word
NEVER_SENT = frozenset({BroadcastState.refused, BroadcastState.withdrawn})


def broadcast_key(broadcast_id: UUID, on: date | None = None) -> str:
    """Why a message of a broadcast exists: the first telling, or the reminder of a day."""
    first = f"{BROADCAST_SUBJECT}{broadcast_id}"
    return first if on is None else f"{first}:again:{on}"


def broadcast_of(key: str) -> UUID | None:
    """The broadcast that a message belongs to, by its key."""
    if not key.startswith(BROADCAST_SUBJECT):
        return None
    return UUID(key.removeprefix(BROADCAST_SUBJECT).partition(":")[0])


def may_withdraw(state: str) -> bool:
    """Whether nobody has been told yet, so that it can be taken back."""
    return state in {BroadcastState.checking, BroadcastState.held}


def may_remind(reminded_on: date | None, today: date) -> bool:
    """Who has not read is reminded once a day, and no more."""
    return reminded_on is None or reminded_on < today


def is_too_many(written: Sequence[bool], *, is_urgent: bool, most: int, most_urgent: int) -> bool:
    """Whether somebody has told enough for a day; `written` says of each broadcast of the day whether it was urgent."""
    return len(written) >= most or (is_urgent and sum(written) >= most_urgent)

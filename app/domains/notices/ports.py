"""What the outbox asks of the outside world: carry one message to one address, and say plainly how that went.

A channel never raises for anything the provider did. It answers with an `Outcome`, and `notices.rules` decides
from that alone what happens next; no provider's error number is known on this side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID


class Outcome(StrEnum):
    """How a send ended, in the words the outbox decides by."""

    SENT = "sent"
    RETRY = "retry"  # a passing fault: nothing was accepted, try again soon
    LIMITED = "limited"  # the account has used up its quota: stop this lane until `until`
    UNREACHABLE = "unreachable"  # this person cannot be told on this channel: take the next one
    REFUSED_MESSAGE = "refused_message"  # this message will never be taken as it is
    REFUSED_TEMPLATE = "refused_template"  # no message of this template will be taken
    MISCONFIGURED = "misconfigured"  # keys, whitelist or rights are wrong: stop the channel, tell the administrator
    UNKNOWN = "unknown"  # it may have been accepted: only an alarm may be sent a second time


class Why(StrEnum):
    """Why a person cannot be reached on a channel; decides what is written down about the person."""

    NO_CONSENT = "no_consent"  # no subscription credit is left for this template
    ADDRESS_UNKNOWN = "address_unknown"  # the address belongs to nobody: the binding is void
    NOT_FOLLOWING = "not_following"  # does not follow the official account now
    ACCOUNT_FROZEN = "account_frozen"  # the provider has locked this person's account


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A message as fields of a provider's template, and the page it opens."""

    template_id: str
    fields: Mapping[str, str] = field(repr=False)
    page: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one address: the template for channels that have them, the plain text for those that do not."""

    message_id: UUID
    address: str = field(repr=False)
    template: TemplateText
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SendResult:
    """What a channel reports; `rid` is the reference the provider's support asks for."""

    outcome: Outcome
    code: str = ""
    provider_id: str | None = None
    rid: str | None = None
    until: datetime | None = None  # set when limited
    field: str | None = None  # the template field the provider complained about
    why: Why | None = None  # set when unreachable


class Channel(Protocol):
    """One way to tell somebody something."""

    @property
    def name(self) -> str:
        """The word the outbox stores for this channel."""

    def send(self, message: Outgoing) -> SendResult:
        """Carry the message out now; slow, so never inside a transaction."""


class LinkMaker(Protocol):
    """Makes links that open the mini-program from an SMS or a browser."""

    def mini_program_link(self, page: str, *, query: str, days: int) -> str | Outcome:
        """A link that lives for the given days (30 at most), or why there is none."""


class InboundKind(StrEnum):
    """What sort of packet WeChat sent us."""

    MESSAGE = "message"  # a person wrote, spoke or sent a picture
    EVENT = "event"  # something happened: followed, accepted a template, a check is done
    NOTICE = "notice"  # the platform speaks about the account itself (packets with `InfoType`)


class InboundRefusal(StrEnum):
    """Why a packet at the callback address is not believed or not understood."""

    TOO_LARGE = "too_large"
    BAD_SIGNATURE = "bad_signature"
    STALE = "stale"
    FOREIGN_APP = "foreign_app"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class RawCallback:
    """A callback as it came over HTTP."""

    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A packet from WeChat whose sender is proven.

    Two keys guard the inbound table. `key` names what happened: WeChat sends a packet up to three times, the copies
    share the key, and the first one counts. `nonce_key` names the signed envelope: an envelope that comes back with
    another `key` inside is a forgery (in plain mode the signature does not cover the body) and must be refused.
    Neither contains anything about the person. In `payload` every leaf is text, whether it came as XML or as JSON,
    and `List` and `detail` are always lists.
    """

    app: str
    kind: InboundKind
    event: str  # lower-case event name, message type, or info type
    key: str
    nonce_key: str
    openid: str | None = field(repr=False)
    created_at: datetime
    payload: Mapping[str, Any] = field(repr=False)
    is_json: bool = False


class CallbackDoor(Protocol):
    """The door through which one account's packets come in."""

    def receive(self, raw: RawCallback, now: datetime) -> Inbound | InboundRefusal:
        """The packet, or why it is refused; never raises, whatever was sent."""

    def greet(self, query: Mapping[str, str], now: datetime) -> str | InboundRefusal:
        """What to answer when the console checks the address: the echo string, unchanged."""

    def reply_text(self, inbound: Inbound, text: str, now: datetime) -> str:
        """The body of an immediate text answer, sealed when the account's packets are."""


class Replies(Protocol):
    """Answers a person who wrote to one of our accounts, as a customer-service message."""

    def reply(self, app: str, openid: str, text: str) -> SendResult:
        """Say this to the person; slow, so never inside a transaction."""


class Followers(Protocol):
    """Knows who a follower of the official account is across our accounts."""

    def unionid_of(self, openid: str) -> str | None:
        """The follower's union id; None when the accounts are not bound or WeChat does not answer."""


class Channels(dict[str, Channel]):
    """All ways to tell somebody something, by the names the outbox stores."""


class Doors(dict[str, CallbackDoor]):
    """The callback doors by account: mp for the mini-program, oa for the official account."""

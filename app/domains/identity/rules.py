"""Decisions of identity that need no database: words for states, how often and how long, which code or password will do."""

from __future__ import annotations

import hmac
import ipaddress
import re
import string
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

PHONE_TICKET = timedelta(minutes=10)
SLIP = timedelta(days=30)
SLIP_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"  # without I, L and O, which read like 1 and 0
SLIP_LENGTH = 10
NOWHERE = "!/"  # a grant over no place: no area's path starts like this, so its permissions reach no zoned row

PHONE_SESSION = timedelta(days=7)
STAFF_IDLE = timedelta(minutes=30)
STAFF_LONGEST = timedelta(hours=12)
STAFF_TOUCH = timedelta(minutes=1)
TOTP_SECONDS = 30
SHORTEST_PASSWORD = 10
_SYMBOL_KINDS = (string.ascii_uppercase, string.ascii_lowercase, string.digits)


class AccountState(StrEnum):
    """Whether an account can be used."""

    active = "active"
    closed = "closed"


class Kind(StrEnum):
    """Whose account it is: somebody on WeChat, or a member of staff with a password."""

    wechat = "wechat"
    staff = "staff"


class Way(StrEnum):
    """How somebody says who he is."""

    phone = "phone"
    slip = "slip"
    door = "door"


class BindingState(StrEnum):
    """What has become of a claim."""

    pending = "pending"
    active = "active"
    refused = "refused"
    ended = "ended"


class Limit(NamedTuple):
    """How often one key may be tried in one window of time."""

    name: str
    most: int
    seconds: int

    def window(self, now: datetime) -> datetime:
        """The start of the window in which a moment lies."""
        return datetime.fromtimestamp(int(now.timestamp()) // self.seconds * self.seconds, UTC)

    def wait(self, now: datetime) -> int:
        """Seconds until the next window."""
        return self.seconds - int(now.timestamp()) % self.seconds


# WeChat. A whole town may sit behind one address of its carrier, and a code is worthless after its first use:
# the bound on addresses only keeps a flood away from WeChat's own quota.
CODE_ONCE = Limit("code", 1, 600)
WECHAT_ADDRESS = Limit("wechat_address", 600, 60)
WECHAT_ACCOUNT = Limit("wechat_account", 20, 600)

# Staff. The second factor is looked at before the password: without a right code no password is ever evaluated, an
# unknown user name costs the same time as a known one, and a flood of wrong tries cannot lock the owner out, because
# tries are counted per account *and* address. What a guesser of codes could gain is bounded by the day's total: 3,000
# tries x 3 codes of a million = 0.9 % a day, and only for somebody who already holds the password and 600 addresses.
STAFF_ADDRESS = Limit("staff_address", 30, 60)
STAFF_PAIR = Limit("staff_pair", 5, 900)
STAFF_DAY = Limit("staff_day", 3000, 86400)
STAFF_PASSWORD = Limit("staff_password", 5, 900)  # windows touch: at most 10 in any 15 minutes

# Binding. A door code hangs on the door and a neighbour knows the names behind it: tries are counted per account and
# per door, so that many accounts do not buy many tries at one door.
BINDING = Limit("binding", 10, 3600)
BINDING_DOOR = Limit("binding_door", 20, 86400)
OPENING = Limit("opening", 200, 86400)
EXPORT = Limit("export", 5, 86400)
NAMES = Limit("names", 60, 86400)  # who praises a neighbour types his name; nobody tries a village's names one by one
PROXY = Limit("proxy", 20, 86400)  # a name and a number are compared: nobody learns a town's numbers by asking


class ProxyWay(StrEnum):
    """How it was said that somebody may act for a person."""

    own = "own"  # by the person, on a phone of his own
    household = "household"  # by a housemate who is bound
    paper = "paper"  # on paper, before a witness, entered by a cadre


def proxy_way(
    *, giver_id: UUID | None, for_id: UUID, holder_id: UUID, is_housemate: bool, witness_id: UUID | None
) -> ProxyWay | None:
    """In which way this giver may let the holder act for a person; None when he may not.

    Nobody makes himself somebody's proxy, and a witness is a third person.
    """
    if giver_id is None or holder_id == for_id:
        return None
    if witness_id is not None:
        return None if len({giver_id, for_id, holder_id, witness_id}) < 4 else ProxyWay.paper
    if giver_id == for_id:
        return ProxyWay.own
    return ProxyWay.household if is_housemate and giver_id != holder_id else None


def is_proxy_period(until: datetime, now: datetime, *, most_days: int) -> bool:
    """Whether something may be left to somebody until then: not for ever."""
    return now < until <= now + timedelta(days=most_days)


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 customer holds."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "-"
    return address if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def plain_slip_code(typed: str) -> str:
    """A slip's code as it is kept: capitals, without the blanks and dashes that people type."""
    return "".join(c for c in typed.upper() if c in SLIP_LETTERS)


def printed_slip_code(code: str) -> str:
    """A slip's code as it is printed: ABCDE-FGHJK."""
    return f"{code[:5]}-{code[5:]}"


def may_appoint(role: str, over: str, *, granted: Iterable[tuple[str, Collection[str]]]) -> bool:
    """Whether one of somebody's own roles, each with its area and what it may appoint to, reaches this appointment."""
    return any(over.startswith(path) and role in appoints for path, appoints in granted)


def is_period(since: datetime, until: datetime | None, *, now: datetime) -> bool:
    """Whether a time has a length and is not over already."""
    return until is None or until > max(since, now)


def totp_step(now: datetime) -> int:
    """The number of the 30-second step in which a moment lies (RFC 6238)."""
    return int(now.timestamp()) // TOTP_SECONDS


def matching_step(code: str, now: datetime, code_at: Callable[[int], str]) -> int | None:
    """Which step's code this is, of the last, the present and the next; all are compared, whichever fits."""
    step = totp_step(now)
    fits = [s for s in (step - 1, step, step + 1) if hmac.compare_digest(code_at(s).encode(), code.encode())]
    return fits[-1] if fits else None


def is_username(typed: str) -> bool:
    """Whether a work account can be called so: short, without spaces or signs that look like others."""
    return re.fullmatch(r"[\w.-]{2,32}", typed) is not None


def is_strong(password: str, *, username: str) -> bool:
    """Long, mixed, and without the user name (GB/T 22239-2019 8.1.4.1 a)."""
    kinds = sum(any(c in kind for c in password) for kind in _SYMBOL_KINDS)
    kinds += any(c not in "".join(_SYMBOL_KINDS) for c in password)
    return len(password) >= SHORTEST_PASSWORD and kinds >= 3 and username.lower() not in password.lower()

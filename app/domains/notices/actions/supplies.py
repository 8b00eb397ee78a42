"""What a batch of messages uses up: subscription credits, which are locked while it is decided, and resting lanes' probes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from app.domains.notices.models import Credit, Lane
from app.domains.notices.preset import Delivery
from app.domains.notices.queries.contacts import resting_lanes
from app.domains.notices.rules import lane_of
from app.kernel.driver import Prepared, run
from app.kernel.transaction import Tx

_MOVE = """
    UPDATE notices_credit AS c SET count = greatest(0, c.count + v.change), updated_at = %(now)s
    FROM unnest(cast(%(accounts)s AS uuid[]), cast(%(templates)s AS text[]), cast(%(changes)s AS integer[]))
        AS v(account_id, template, change)
    WHERE c.account_id = v.account_id AND c.template = v.template AND NOT c.is_long_term
"""

_LOCKED = Prepared(
    select(Credit.account_id, Credit.template, Credit.count, Credit.is_long_term)
    .where(Credit.account_id == func.any(bindparam("accounts")), Credit.template == func.any(bindparam("templates")))
    .order_by(Credit.account_id, Credit.template)
    .with_for_update()
)

CreditKey = tuple[UUID, str]


class Supplies:
    """The credits and lanes of one batch. Credits stay locked until the commit, so that none is spent twice."""

    def __init__(self, tx: Tx, *, accounts: Collection[UUID], templates: Collection[str]) -> None:
        self._tx = tx
        self._left, self._standing = _locked_credits(tx, accounts, templates)
        self._used: Counter[CreditKey] = Counter()
        self._resting = resting_lanes(tx.link)
        self._probes = _probes(tx, self._resting)

    def has_credit(self, account_id: UUID, template: str) -> bool:
        """Whether WeChat would still take a message of this template for this user."""
        key = (account_id, template)
        return key in self._standing or self._left[key] > 0

    def use_credit(self, account_id: UUID, template: str) -> bool:
        """Use one up; False when the person's yes holds for good and nothing is used."""
        key = (account_id, template)
        if key in self._standing:
            return False
        self._left[key] -= 1
        self._used[key] += 1
        return True

    def rests_until(self, channel: str, template: str) -> datetime:
        """Until when this way rests; a moment that has passed means that it is open."""
        lanes = [lane for lane in (channel, lane_of(channel, template)) if lane in self._resting]
        return max((self._resting[lane] for lane in lanes if lane not in self._probes), default=self._tx.now)

    def use_lane(self, channel: str, template: str) -> bool:
        """Go this way; True when this very message is the one that tries whether the way is open again."""
        used = self._probes & {channel, lane_of(channel, template)}
        self._probes -= used
        return bool(used)

    def settle(self) -> None:
        """Write down what was used."""
        move_credits(self._tx, ((key, -count) for key, count in self._used.items()))


def move_credits(tx: Tx, moves: Iterable[tuple[CreditKey, int]]) -> None:
    """Add to or take from one-time credits."""
    rows = sorted(moves)
    if rows:
        run(
            tx.link,
            _MOVE,
            {
                "accounts": [key[0] for key, _ in rows],
                "templates": [key[1] for key, _ in rows],
                "changes": [change for _, change in rows],
                "now": tx.now,
            },
        )


def _locked_credits(
    tx: Tx, accounts: Collection[UUID], templates: Collection[str]
) -> tuple[Counter[CreditKey], set[CreditKey]]:
    left: Counter[CreditKey] = Counter()
    standing: set[CreditKey] = set()
    if not accounts:
        return left, standing
    rows = _LOCKED.run(tx.link, accounts=list(accounts), templates=list(templates))
    for account, template, count, is_long_term in rows:
        left[account, template] = count
        if is_long_term:
            standing.add((account, template))
    return left, standing


def _probes(tx: Tx, resting: dict[str, datetime]) -> set[str]:
    """The lanes whose rest is over: one message of one worker tries each, the others rest on until it is known."""
    rested = [lane for lane, until in resting.items() if until <= tx.now]
    if not rested:
        return set()
    policy: Delivery = tx.runtime.presets["notices"]
    until = tx.now + timedelta(seconds=policy.probe_seconds)
    resting.update(dict.fromkeys(rested, until))
    mine = (
        update(Lane)
        .where(Lane.channel.in_(rested), Lane.rests_until <= tx.now)
        .values(rests_until=until)
        .returning(Lane.channel)
        .execution_options(synchronize_session=False)
    )
    return set(tx.db.scalars(mine))

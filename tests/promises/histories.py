"""Histories of A9: what clients asked, when, and what they were told; and the checker that finds what cannot have been."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Literal, NamedTuple
from uuid import UUID

Outcome = Literal["ok", "fail", "unknown"]


class Seen(NamedTuple):
    """An account as a read saw it."""

    version: int
    balance: int


@dataclass(frozen=True, slots=True)
class Transferred:
    """One transfer as its client knows it: between these two moments it happened, or did not, or nobody knows."""

    id: UUID
    invoked: float
    ended: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ReadAll:
    """All accounts as one read saw them."""

    invoked: float
    ended: float
    accounts: Mapping[UUID, Seen]


class Written(NamedTuple):
    """One entry as it stands in the ledger afterwards."""

    account_id: UUID
    version: int
    transfer_id: UUID
    points: int
    balance: int


@dataclass
class History:
    """All that the clients have noted, and the entries that were there before them."""

    total: int
    before: Mapping[UUID, Seen]
    transfers: list[Transferred] = field(default_factory=list)
    reads: list[ReadAll] = field(default_factory=list)


def anomalies(history: History, entries: Sequence[Written]) -> list[str]:
    """Everything in a history that no serial order of its transfers explains."""
    return [
        *_outcomes(history, entries),
        *_gaps(history, entries),
        *_cycles(entries),
        *_reads(history, entries),
        *_order(history, entries),
    ]


def _outcomes(history: History, entries: Sequence[Written]) -> Iterator[str]:
    """What was told ok is there, what was refused is not, and nothing else is there."""
    there = {entry.transfer_id for entry in entries}
    told = {one.id: one.outcome for one in history.transfers}
    yield from (
        f"{key} was told ok and is not there" for key, said in told.items() if said == "ok" and key not in there
    )
    yield from (f"{key} was refused and is there" for key, said in told.items() if said == "fail" and key in there)
    yield from (f"{key} is there and nobody asked for it" for key in there - told.keys())


def _gaps(history: History, entries: Sequence[Written]) -> Iterator[str]:
    """Each account's entries follow one another, and each balance is the one before and the points."""
    last = dict(history.before)
    for entry in sorted(entries, key=lambda one: (one.account_id, one.version)):
        version, balance = last[entry.account_id]
        if (entry.version, entry.balance) != (version + 1, balance + entry.points):
            yield f"{entry.account_id} goes from {version}/{balance} to {entry.version}/{entry.balance}"
        last[entry.account_id] = Seen(entry.version, entry.balance)


def _cycles(entries: Iterable[Written]) -> Iterator[str]:
    """The orders of all accounts fit into one: the graph of who came before whom has no circle."""
    before: dict[UUID, set[UUID]] = {}
    latest: dict[UUID, UUID] = {}
    for entry in sorted(entries, key=lambda one: (one.account_id, one.version)):
        earlier = latest.get(entry.account_id)
        before.setdefault(entry.transfer_id, set()).update({earlier} if earlier else ())
        latest[entry.account_id] = entry.transfer_id
    try:
        TopologicalSorter(before).prepare()
    except CycleError as circle:
        yield f"transfers wait for each other: {circle.args[1]}"


def _reads(history: History, entries: Sequence[Written]) -> Iterator[str]:
    """Each read sums to the constant, sees true balances, and sees both halves of a transfer or none."""
    balances = {(one.account_id, one.version): one.balance for one in entries}
    balances |= {(account, seen.version): seen.balance for account, seen in history.before.items()}
    halves: dict[UUID, list[Written]] = {}
    for entry in entries:
        halves.setdefault(entry.transfer_id, []).append(entry)
    for number, read in enumerate(history.reads):
        if (found := sum(seen.balance for seen in read.accounts.values())) != history.total:
            yield f"read {number} sums to {found}"
        for account, seen in read.accounts.items():
            if balances.get((account, seen.version)) != seen.balance:
                yield f"read {number} saw {seen.balance} in {account}, which it never had at {seen.version}"
        for key, pair in halves.items():
            if len({half.version <= read.accounts[half.account_id].version for half in pair}) > 1:
                yield f"read {number} saw half of {key}"


def _order(history: History, entries: Sequence[Written]) -> Iterator[str]:
    """What had ended before something was asked comes before it: for reads, and for transfers of one account."""
    places = {(one.transfer_id, one.account_id): one.version for one in entries}
    known = {one.id: one for one in history.transfers if one.outcome == "ok"}
    for (key, account), version in places.items():
        for number, read in enumerate(history.reads):
            if (one := known.get(key)) is None:
                continue
            sees = version <= read.accounts[account].version
            if one.ended < read.invoked and not sees:
                yield f"read {number} missed {key}, which had ended"
            if read.ended < one.invoked and sees:
                yield f"read {number} saw {key}, which nobody had asked for yet"
    yield from _of_one_account(entries, known)


def _of_one_account(entries: Sequence[Written], known: Mapping[UUID, Transferred]) -> Iterator[str]:
    latest: dict[UUID, float] = {}
    for entry in sorted(entries, key=lambda one: (one.account_id, -one.version)):
        if (one := known.get(entry.transfer_id)) is None:
            continue
        soonest = latest.get(entry.account_id, float("inf"))
        if soonest < one.invoked:
            yield f"{one.id} stands before one that had ended when it was asked for"
        latest[entry.account_id] = min(soonest, one.ended)

"""A crowd for the promises: very many people who can be told something, and members who may log visits, written in sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from app.domains.areas.models import Household, Link, Person
from app.domains.identity.models import Account, RoleGrant, SignIn
from app.domains.notices.actions import Notice, queue_many
from app.domains.notices.models import Credit
from app.kernel.access import SYSTEM
from app.kernel.bulk import copy_rows
from app.kernel.crypto import random_token, token_hash
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from tests.makers.areas import VILLAGE, make_area
from tests.stack import Stack

Way = Literal["mp", "oa"]
TEMPLATE = "visit_reminder"
_VALUES = {"month": "11 月", "left": "9", "due": "2026年11月30日"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who can be told something."""

    person_id: UUID
    account_id: UUID
    openid: str


@dataclass(frozen=True, slots=True)
class Keeper:
    """A member who is signed in, and the households of his zone."""

    person_id: UUID
    token: str = field(repr=False)
    household_ids: tuple[UUID, ...]


def make_readers(runtime: Runtime, count: int, *, way: Way, kind: str, credits_each: int = 2) -> list[Reader]:
    """People who are reached in one way: by the mini-program (with consents) or by the official account."""
    with transaction(runtime, SYSTEM) as tx:
        make_area(tx)
        readers = [Reader(tx.new_id(), tx.new_id(), f"o-{kind}-{number:06d}") for number in range(count)]
        copy_rows(tx.db, Person, columns=_PERSON, rows=(_person(tx, reader.person_id) for reader in readers))
        columns = ("id", "kind", "person_id", f"{way}_openid_index", f"{way}_openid_sealed", "state", "created_at")
        copy_rows(tx.db, Account, columns=columns, rows=(_account(tx, reader, way) for reader in readers))
        if way == "mp":
            credit = (TEMPLATE, credits_each, 0, False, tx.now)
            copy_rows(tx.db, Credit, columns=_CREDIT, rows=((reader.account_id, *credit) for reader in readers))
    return readers


def hand_out_phones(stack: Stack, readers: Sequence[Reader], *, way: Way) -> None:
    """Give everybody of a crowd a phone in the sandbox."""
    for start in range(0, len(readers), 2_000):
        phones = [_phone(reader, way) for reader in readers[start : start + 2_000]]
        stack.ask_sandbox("phones", {"phones": phones})


def teach_templates(stack: Stack, runtime: Runtime) -> None:
    """Let the sandbox know the templates that this product sends."""
    stack.ask_sandbox("templates", {"templates": runtime.presets["messages"].on_wechat()})


def tell(tx: Tx, person_ids: Iterable[UUID], *, key: str, urgency: str = "") -> None:
    """Queue one message to each of these people."""
    queue_many(tx, (Notice(person_id, TEMPLATE, _VALUES, key, urgency=urgency) for person_id in person_ids))


def make_keepers(runtime: Runtime, count: int, *, households_each: int) -> list[Keeper]:
    """Members with zones, each signed in."""
    with transaction(runtime, SYSTEM) as tx:
        make_area(tx)
        keepers = [
            Keeper(tx.new_id(), random_token(43), tuple(tx.new_id() for _ in range(households_each)))
            for _ in range(count)
        ]
        copy_rows(tx.db, Person, columns=_PERSON, rows=(_person(tx, keeper.person_id) for keeper in keepers))
        copy_rows(tx.db, Household, columns=_HOUSEHOLD, rows=_households(tx, keepers))
        copy_rows(tx.db, Link, columns=_LINK, rows=_links(tx, keepers))
        for keeper in keepers:
            _sign_in(tx, keeper)
    return keepers


_PERSON = ("id", "area_path", "name_sealed", "name_index", "state", "created_at")
_CREDIT = ("account_id", "template", "count", "reported", "is_long_term", "updated_at")
_HOUSEHOLD = ("id", "area_path", "number", "group_name", "flags", "keeper_id", "state", "created_at")
_LINK = ("id", "household_id", "area_path", "keeper_id", "since", "reason")


def _person(tx: Tx, person_id: UUID) -> tuple[Any, ...]:
    name = tx.vault.seal(f"areas_person.name:{person_id}", "段永平")
    return person_id, VILLAGE, name, tx.vault.index("areas_person.name", "段永平"), "active", tx.now


def _account(tx: Tx, reader: Reader, way: Way) -> tuple[Any, ...]:
    index = tx.vault.index(f"identity_account.{way}_openid", reader.openid)
    sealed = tx.vault.seal(f"identity_account.{way}_openid:{reader.account_id}", reader.openid)
    return reader.account_id, "wechat", reader.person_id, index, sealed, "active", tx.now


def _phone(reader: Reader, way: Way) -> dict[str, Any]:
    ids = {"openid": reader.openid} if way == "mp" else {"oa_openid": reader.openid, "follows_oa": True}
    return {**ids, "name": "段永平", "shown": False}


def _households(tx: Tx, keepers: Sequence[Keeper]) -> Iterator[tuple[Any, ...]]:
    for keeper in keepers:
        for household in keeper.household_ids:
            number = household.hex[-10:]
            yield household, VILLAGE, number, "一组", [], keeper.person_id, "active", tx.now


def _links(tx: Tx, keepers: Sequence[Keeper]) -> Iterator[tuple[Any, ...]]:
    for keeper in keepers:
        for household in keeper.household_ids:
            yield tx.new_id(), household, VILLAGE, keeper.person_id, tx.now, "示例"


def _sign_in(tx: Tx, keeper: Keeper) -> None:
    account_id = tx.new_id()
    openid = f"o-keeper-{account_id.hex}"
    tx.add(
        Account,
        id=account_id,
        kind="wechat",
        person_id=keeper.person_id,
        mp_openid_index=tx.vault.index("identity_account.mp_openid", openid),
        mp_openid_sealed=tx.vault.seal(f"identity_account.mp_openid:{account_id}", openid),
        state="active",
        created_at=tx.now,
    )
    facts = {"account_id": account_id, "created_at": tx.now, "expires_at": tx.now + timedelta(days=7)}
    tx.add(SignIn, token_hash=token_hash(keeper.token), revoked_at=None, **facts)
    grant = {"role": "party_member", "area_path": VILLAGE, "since": tx.now, "until": None}
    tx.add(RoleGrant, id=tx.new_id(), person_id=keeper.person_id, granted_by=None, revoked_at=None, **grant)

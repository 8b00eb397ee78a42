"""The people of the demo town whose phones one can look at: a villager, her member, cadres, a council; and their neighbours.

The neighbours have phones too, which the sandbox does not show: they declare, whistle, like and comment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo import names
from app.demo.town import Home, Person, Town, new_id
from app.domains.areas import queries as areas
from app.domains.areas.actions.officials import register_official
from app.domains.identity.models import Account, Binding, RoleGrant
from app.kernel.crypto import Vault
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading

STAGE = "419001/101/210/"  # 留村, whose village rules are known in the whole province
TOWN, COUNTY = "419001/101/", "419001/"
WAITING = 4
NEIGHBOURS = tuple(f"neighbour{n:02d}" for n in range(1, 23))
NEAR = NEIGHBOURS[:10]  # those whom the member of the cast keeps
_OFFICER_PHONE = names.phone_number(99_000_001)


@dataclass(frozen=True, slots=True)
class Role:
    """One person of the cast: the phone shows name and subtitle; `grant` is the role over the area, `offices` those beside it."""

    key: str
    name: str
    subtitle: str
    grant: str | None
    path: str
    offices: tuple[str, ...] = ()


_COUNCIL = ("尚守田", "卢翠枝", "段永平", "薛月娥", "成文斌", "聂秀英", "翟德海")
COUNCIL = tuple(
    Role(f"council{n}", name, "评议员 · 留村", "council", STAGE) for n, name in enumerate(_COUNCIL, start=1)
)
ROLES = (
    Role("villager", "王桂兰", "村民 · 留村", None, STAGE),
    Role("member", "赵建国", "联户党员 · 留村", "party_member", STAGE),
    Role("village", "孟德胜", "村支书 · 留村", "village_cadre", STAGE, ("secretary",)),
    Role("town", "周敏", "镇干部 · 五龙口镇", "town_cadre", TOWN, ("dispatcher", "window", "rechecker")),
    Role("clerk", "梁巧云", "村文书、代办员 · 留村", "clerk", STAGE, ("agent",)),
    *COUNCIL,
    Role("officer", "丁建华", "市值班员", "duty_officer", COUNTY),
)
_WOMEN = {"villager", "town", "clerk", "council2", "council4", "council6"}
_ON_FILE = {"villager", "member", "officer"}  # who they are is said elsewhere


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays whom, and which homes of the member still wait this month."""

    people: dict[str, tuple[Person, Home]]
    waiting: frozenset[UUID]


def choose(town: Town) -> Cast:
    """Give the cast its names; the member's zone keeps four homes waiting, the villager's among them.

    A village too small for everybody leaves the last of the cast out.
    """
    homes = [home for home in town.homes if home.path == STAGE]
    zones: dict[UUID, list[Home]] = {}
    for home in homes:
        if home.keeper:
            zones.setdefault(home.keeper.id, []).append(home)
    zone = max(zones.values(), key=lambda z: (len(z) == 11, len(z)))
    member = zone[0].keeper
    assert member is not None
    own = {home.people[0].id: home for home in homes}
    people = {"villager": (zone[-1].people[0], zone[-1]), "member": (member, own[member.id])}
    near = [home for home in zone[:-1] if home.people[0] is not member]
    far = [home for home in homes if home not in zone and home.people[0] is not member]
    officials = [role.key for role in ROLES if role.key not in _ON_FILE]
    people |= _seated(officials, far)
    people |= _seated(NEAR, near)
    people |= _seated(NEIGHBOURS[len(NEAR) :], far[len(officials) :])
    for role in ROLES:
        if role.key in people:
            _play(role, *people[role.key])
    return Cast(people, frozenset(home.id for home in zone[-WAITING:]))


def _play(role: Role, person: Person, home: Home) -> None:
    """Somebody of the roll takes the name; wife and husband change places where it asks for that, and the children are the father's."""
    sex = "女" if role.key in _WOMEN else "男"
    spouse = next((one for one in home.people if one.relation == "配偶"), None)
    if spouse and person.sex != sex:
        spouse.name = person.name
        person.sex, spouse.sex = spouse.sex, person.sex
        person.born_on, spouse.born_on = spouse.born_on, person.born_on
        person.id_number, spouse.id_number = spouse.id_number, person.id_number
    person.name = role.name
    father = next((one for one in (person, spouse) if one and one.sex == "男"), person)
    for child in home.people:
        if child.relation in {"儿子", "女儿"}:
            child.name = father.name[0] + child.name[1:]


def _seated(keys: Any, homes: list[Home]) -> dict[str, tuple[Person, Home]]:
    return {key: (home.people[0], home) for key, home in zip(keys, homes, strict=False)}


def openid(key: str, app: str) -> str:
    """The invented openid of a cast member in one of the two apps."""
    return f"demo-{app}-{key}"


def sign_up(tx: Tx, rng: Random, cast: Cast, *, since: datetime) -> None:
    """Give the cast accounts and active bindings, and those in office their grants."""
    for key, (person, home) in cast.people.items():
        _open_account(tx, key, person_id=person.id, since=since)
        tx.add(
            Binding,
            id=new_id(rng),
            account_id=_account_id(key),
            person_id=person.id,
            household_id=home.id,
            area_path=home.path,
            way="slip",
            state="active",
            requested_at=since,
            decided_at=since,
            decided_by=None,
        )
    officer = register_official(tx, name=ROLES[-1].name, area_path=COUNTY, phone=_OFFICER_PHONE)
    _open_account(tx, "officer", person_id=officer, since=since)
    persons = {key: person.id for key, (person, _) in cast.people.items()} | {"officer": officer}
    for role in ROLES:
        for grant in _grants(role) if role.key in persons else ():
            row = {"id": new_id(rng), "person_id": persons[role.key], "role": grant, "area_path": role.path}
            tx.add(RoleGrant, **row, since=since)


def _grants(role: Role) -> tuple[str, ...]:
    """What a role of the cast is given; members have theirs from the roll."""
    return () if role.grant in {None, "party_member"} else (str(role.grant), *role.offices)


def _account_id(key: str) -> UUID:
    return new_id(Random(f"account:{key}"))


def _open_account(tx: Tx, key: str, *, person_id: UUID, since: datetime) -> None:
    account, mp, oa = _account_id(key), openid(key, "mp"), openid(key, "oa")
    tx.add(
        Account,
        id=account,
        kind="wechat",
        person_id=person_id,
        mp_openid_index=tx.vault.index("identity_account.mp_openid", mp),
        mp_openid_sealed=tx.vault.seal(f"identity_account.mp_openid:{account}", mp),
        oa_openid_index=tx.vault.index("identity_account.oa_openid", oa),
        oa_openid_sealed=tx.vault.seal(f"identity_account.oa_openid:{account}", oa),
        state="active",
        created_at=since,
    )


def hand_out_phones(runtime: Runtime) -> None:
    """Tell the fake WeChat who holds which phone, and our templates; telling it twice changes nothing."""
    with reading(runtime) as db:
        phones = list(_phones(db, runtime.vault))
    told: dict[str, list[Any]] = {"phones": phones, "templates": runtime.presets["messages"].on_wechat()}
    for what, things in told.items():
        url = f"{runtime.settings.demo.sandbox_url}/__ctl/{what}"
        requests.post(url, json={what: things}, timeout=5).raise_for_status()


def _phones(db: Session, vault: Vault) -> Iterator[dict[str, object]]:
    roles = {role.key: role for role in ROLES}
    for key in (*roles, *NEIGHBOURS):
        account = account_of(db, vault, key)
        if account is None or account.person_id is None:
            continue
        person, role = account.person_id, roles.get(key)
        yield {
            "openid": openid(key, "mp"),
            "oa_openid": openid(key, "oa"),
            "unionid": f"demo-union-{key}",
            "name": role.name if role else areas.name_of(db, vault, person),
            "subtitle": role.subtitle if role else "村民 · 留村",
            "number": areas.phone_of(db, vault, person) or "",
            "follows_oa": True,
            "shown": role is not None,
        }


def account_of(db: Session, vault: Vault, key: str) -> Account | None:
    """The account of one of the cast, as the openid leads to it."""
    index = vault.index("identity_account.mp_openid", openid(key, "mp"))
    return db.scalars(select(Account).where(Account.mp_openid_index == index)).one_or_none()

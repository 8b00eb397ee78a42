"""Two towns with full villages for the promises of access: in every place the same things, so that ids can be swapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from app.domains.areas.models import Household, Link
from app.domains.audit import actions as audit
from app.domains.duties.models import Duty, Period
from app.domains.identity.models import Binding
from app.domains.media.models import Check, File
from app.domains.media.ports import Storage
from app.domains.notices.models import Message
from app.domains.visits.models import Correction, Picture, Visit
from app.kernel.access import SYSTEM
from app.kernel.crypto import random_token, token_hash
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from app.kernel.values import last_of_month, local_day, month_of
from tests.makers.appraisals import appraisal_in
from tests.makers.areas import COUNTY, NEXT_VILLAGE, TOWN, VILLAGE, make_code, make_household, make_person
from tests.makers.broadcasts import make_broadcast
from tests.makers.cases import case_in
from tests.makers.identity import make_account, make_grant, make_session
from tests.makers.members import make_member
from tests.makers.notices import make_message
from tests.makers.points import award_in
from tests.makers.proxies import make_proxy
from tests.promises.papers import make_comment, make_deputy, make_post, make_slip

OTHER_TOWN_VILLAGE = "419001/102/201/"
NOWHERE = "419001/999/999/"
PICTURE = "picture/test.jpg"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


class Place(StrEnum):
    """Where a thing lies, seen from the village in which the callers live or serve."""

    own = "own"  # the villager's own household, which the party member keeps
    neighbour = "neighbour"  # another household of the village, with another keeper
    sibling = "sibling"  # the next village of the town
    parent = "parent"  # the town itself, above the village
    other = "other"  # a village of another town
    none = "none"  # ids that nobody has ever been given


class Role(StrEnum):
    """Who calls."""

    villager = "villager"
    party_member = "party_member"
    village_cadre = "village_cadre"
    clerk = "clerk"
    secretary = "secretary"
    council = "council"
    town_cadre = "town_cadre"
    county_operator = "county_operator"
    auditor = "auditor"
    guest = "guest"
    nobody = "nobody"


PATHS = {
    Place.own: VILLAGE,
    Place.neighbour: VILLAGE,
    Place.sibling: NEXT_VILLAGE,
    Place.parent: TOWN,
    Place.other: OTHER_TOWN_VILLAGE,
    Place.none: NOWHERE,
}
GRANTED = {
    **dict.fromkeys((Role.party_member, Role.village_cadre, Role.clerk, Role.secretary, Role.council), VILLAGE),
    Role.town_cadre: TOWN,
    Role.county_operator: COUNTY,
    Role.auditor: COUNTY,
}
SEES = {
    Role.villager: {Place.own},
    Role.party_member: {Place.own},
    **{role: {Place.own, Place.neighbour} for role in (Role.village_cadre, Role.clerk, Role.secretary, Role.council)},
    Role.town_cadre: set(Place) - {Place.other},
    Role.county_operator: set(Place),
    Role.auditor: set(Place),
}
_STAFF = {Role.county_operator, Role.auditor}
_NAMES = {  # head, another adult, keeper; no two share a family name, so that a masked name betrays nobody else
    Place.own: ("卢春梅", "卢秋菊", "段永平"),
    Place.neighbour: ("侯建设", "侯兰英", "尚志强"),
    Place.sibling: ("郝来福", "郝玉珍", "牛德水"),
    Place.parent: ("贾文书", "贾桂枝", "孔令先"),
    Place.other: ("葛有田", "葛喜凤", "薛长河"),
}


@dataclass(frozen=True, slots=True)
class Home:
    """A household of a place that stays the same throughout a test."""

    path: str
    household_id: UUID
    head_id: UUID
    adult_id: UUID
    keeper_id: UUID
    door_code: str
    names: tuple[str, str, str]
    phone: str


@dataclass(frozen=True, slots=True)
class Things:
    """Everything in a place that a request can name."""

    path: str
    household_id: UUID
    person_id: UUID
    newcomer_id: UUID
    keeper_id: UUID
    door_code: str
    name: str
    visit_id: UUID
    file_id: UUID
    fetch_token: str
    duty_id: UUID
    binding_id: UUID
    grant_id: UUID
    slip_code: str
    link_id: UUID
    deputy_id: UUID
    message_id: UUID
    comment_id: UUID
    transfer_id: UUID
    case_id: UUID
    appraisal_id: UUID
    declared_id: UUID
    broadcast_id: UUID
    proxy_id: UUID

    def ids(self) -> dict[str, str]:
        """Every name that only this place has, as it is written in a request."""
        return {f.name: str(getattr(self, f.name)) for f in fields(self)}


def nothing() -> Things:
    """Names of the right form that belong to nothing."""
    made: dict[str, Any] = {f.name: uuid4() for f in fields(Things)}
    made |= {"path": NOWHERE, "name": "无此人", "door_code": random_token(24), "fetch_token": random_token(32)}
    return Things(**made | {"slip_code": "ZZZZZZZZZZ"})


class Villages:
    """The places, who lives and serves in them, and fresh things to ask about."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        runtime.port(Storage).put(PICTURE, JPEG)
        with transaction(runtime, SYSTEM) as tx:
            self.homes = {place: _home(tx, place, number) for number, place in enumerate(_NAMES)}
            self.people = _serving(tx, self.homes[Place.own])
            month = month_of(local_day(tx.now))
            tx.add(
                Period,
                kind="monthly_visit",
                period=month,
                starts_on=local_day(tx.now).replace(day=1),
                due_on=last_of_month(month),
                preset_version="test",
                opened_at=tx.now,
            )
            for place, home in self.homes.items():
                _duty(tx, home, period=month)
                audit.record(tx, action="households.seen", subject="household", subject_id=home.household_id,
                             area_path=home.path, about_person_id=home.head_id, reason=f"来自{place}")  # fmt: skip

    def things(self, place: Place) -> Things:
        """New things in a place: a visit with its post and picture, a duty, a claim, a role, a slip, a message."""
        if place is Place.none:
            return nothing()
        with transaction(self.runtime, SYSTEM) as tx:
            return _things(tx, self.homes[place])

    def token(self, role: Role) -> str | None:
        """The token of somebody in this role: his own account, signed in a moment ago."""
        if role is Role.nobody:
            return None
        with transaction(self.runtime, SYSTEM) as tx:
            person_id = self.people.get(role)
            account_id = make_account(tx, person_id, kind="staff" if role in _STAFF else "wechat")
            if person_id and role not in _STAFF:
                _bound(tx, account_id, person_id, home=self.homes[Place.own] if role is Role.villager else None)
            return make_session(tx, account_id)

    def secrets(self, place: Place) -> Mapping[str, tuple[str, ...]]:
        """What must not be read by those who do not see the place, by kind."""
        home = self.homes[place]
        return {
            "people": (home.names[0], home.names[1], home.phone),
            "keeper": (home.names[2],),
            "ids": (str(home.household_id), str(home.head_id), str(home.adult_id), home.door_code),
            "notes": (note_of(home),),
            "posts": (words_of(home),),
        }


def note_of(home: Home) -> str:
    """What is written in every note about a household."""
    return f"记下{home.names[0]}家的难处"


def words_of(home: Home) -> str:
    """What is shown of every visit to a household."""
    return f"今天在{home.household_id.hex[-6:]}帮着收玉米"


def _home(tx: Tx, place: Place, number: int) -> Home:
    path, (head, adult, keeper) = PATHS[place], _NAMES[place]
    keeper_id, phone = make_member(tx, keeper, path=path), f"139{number:04d}{7310 + number}"
    make_grant(tx, keeper_id, "party_member", path=path)
    household_id = make_household(tx, f"09{number:02d}", path=path, head=head, head_phone=phone, keeper_id=keeper_id)
    adult_id = make_person(tx, adult, path=path, household_id=household_id, relation="女儿", birth_year=1990)
    head_id = tx.db.scalar(select(Household.head_id).where(Household.id == household_id))
    assert head_id
    return Home(path, household_id, head_id, adult_id, keeper_id, make_code(tx, household_id), _NAMES[place], phone)


def _serving(tx: Tx, own: Home) -> dict[Role, UUID]:
    """Who holds the roles; officials live in no household here, so that they have nothing but their role."""
    people = {Role.villager: own.head_id, Role.party_member: own.keeper_id}
    for role, path in GRANTED.items():
        if role is not Role.party_member:
            people[role] = make_person(tx, f"干部{role}", path=VILLAGE if path == VILLAGE else TOWN)
            make_grant(tx, people[role], role, path=path)
    return people


def _bound(tx: Tx, account_id: UUID, person_id: UUID, *, home: Home | None) -> None:
    household_id, path = (home.household_id, home.path) if home else (None, VILLAGE)
    _binding(tx, account_id, person_id, household_id=household_id, path=path, state="active")


def _things(tx: Tx, home: Home) -> Things:
    visit_id, file_id, fetch_token = _visit(tx, home)
    claimant = make_account(tx)
    house = home.household_id
    binding_id = _binding(tx, claimant, home.adult_id, household_id=house, path=home.path, state="pending")
    appointed = make_person(tx, "受任的", path=home.path)
    make_message(tx, home.head_id, f"test:{visit_id}")
    link_id = tx.db.scalars(select(Link.id).where(Link.household_id == house, Link.until.is_(None))).one()
    message_id = tx.db.scalars(select(Message.id).where(Message.key == f"test:{visit_id}")).one()
    return Things(
        path=home.path,
        household_id=home.household_id,
        person_id=home.adult_id,
        newcomer_id=make_person(tx, "新来的", path=home.path),
        keeper_id=home.keeper_id,
        door_code=home.door_code,
        name=home.names[1],
        visit_id=visit_id,
        file_id=file_id,
        fetch_token=fetch_token,
        duty_id=_duty(tx, home, period=f"t{tx.new_id().hex[-12:]}"),
        binding_id=binding_id,
        grant_id=make_grant(tx, appointed, "party_member", path=home.path),
        slip_code=make_slip(tx, home.adult_id),
        link_id=link_id,
        deputy_id=make_deputy(tx, absent_id=home.keeper_id, deputy_id=home.adult_id, path=home.path),
        message_id=message_id,
        comment_id=make_comment(tx, visit_id, author_id=home.keeper_id, path=home.path, words=words_of(home)),
        transfer_id=award_in(tx, home.household_id, home.path),
        case_id=case_in(tx, home.household_id, home.head_id, words=note_of(home)),
        appraisal_id=appraisal_in(tx, home, stage="published", words=note_of(home)),
        declared_id=appraisal_in(tx, home, stage="checking", words=note_of(home)),
        broadcast_id=make_broadcast(tx, home.keeper_id, path=home.path, words=note_of(home), to=home.head_id),
        proxy_id=make_proxy(tx, home.adult_id, holder_id=home.keeper_id, home=home.household_id, path=home.path),
    )


def _visit(tx: Tx, home: Home) -> tuple[UUID, UUID, str]:
    """A visit with a picture that is shown in the feed and may be fetched by the content checker."""
    visit_id, file_id, fetch_token = tx.new_id(), tx.new_id(), random_token(32)
    seal = tx.vault.seal
    tx.add(
        Visit,
        id=visit_id,
        household_id=home.household_id,
        area_path=home.path,
        visitor_id=home.keeper_id,
        keeper_id=home.keeper_id,
        visited_at=tx.now,
        visited_on=local_day(tx.now),
        logged_at=tx.now,
        kind="door",
        themes=["livelihood"],
        note_sealed=seal(f"visits_visit.note:{visit_id}", note_of(home)),
        problems=[],
        proof="one_sided",
        is_late=False,
        is_counted=False,
        state="logged",
    )
    tx.add(Picture, visit_id=visit_id, file_id=file_id, position=0)
    _correction(tx, home, visit_id)
    make_post(tx, visit_id, author_id=home.keeper_id, path=home.path, words=words_of(home), file_ids=[file_id])
    _file(tx, home, file_id, fetch_token)
    return visit_id, file_id, fetch_token


def _correction(tx: Tx, home: Home, visit_id: UUID) -> None:
    correction_id = tx.new_id()
    tx.add(
        Correction,
        id=correction_id,
        visit_id=visit_id,
        kind="note",
        at=tx.now,
        by_person_id=home.keeper_id,
        text_sealed=tx.vault.seal(f"visits_correction.text:{correction_id}", note_of(home)),
        before_sealed=None,
    )


def _file(tx: Tx, home: Home, file_id: UUID, fetch_token: str) -> None:
    account_id = make_account(tx, home.keeper_id)
    tx.add(
        File,
        id=file_id,
        account_id=account_id,
        owner_id=home.keeper_id,
        area_path=home.path,
        kind="picture",
        state="ready",
        verdict="asked",
        storage_name=PICTURE,
        thumbnail_name=PICTURE,
        byte_count=len(JPEG),
        sha256=b"0" * 32,
        fetch_index=token_hash(fetch_token),
        received_at=tx.now,
        next_at=tx.now,
        attempt=0,
    )
    tx.add(
        Check,
        id=tx.new_id(),
        subject=f"file:{file_id}",
        account_id=account_id,
        kind="picture",
        file_id=file_id,
        text_sealed=None,
        state="asked",
        trace_id=None,
        created_at=tx.now,
        asked_at=tx.now,
        next_at=tx.now,
        attempt=1,
    )


def _duty(tx: Tx, home: Home, *, period: str) -> UUID:
    duty_id = tx.new_id()
    tx.add(
        Duty,
        id=duty_id,
        kind="monthly_visit",
        period=period,
        household_id=home.household_id,
        area_path=home.path,
        keeper_id=home.keeper_id,
        due_on=last_of_month(month_of(local_day(tx.now))),
        state="owed",
    )
    return duty_id


def _binding(tx: Tx, account_id: UUID, person_id: UUID, *, household_id: UUID | None, path: str, state: str) -> UUID:
    binding_id = tx.new_id()
    tx.add(
        Binding,
        id=binding_id,
        account_id=account_id,
        person_id=person_id,
        household_id=household_id,
        area_path=path,
        way="door" if state == "pending" else "slip",
        state=state,
        requested_at=tx.now,
        decided_at=None,
        decided_by=None,
    )
    return binding_id

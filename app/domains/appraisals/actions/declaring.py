"""A household declares, a neighbour nominates, a member declares for a household that he keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from app.domains.appraisals import rules
from app.domains.appraisals.actions.checking import await_check
from app.domains.appraisals.actions.timeline import about, household_people, write_down
from app.domains.appraisals.errors import (
    AlreadyThisPeriod,
    DayNotAccepted,
    HouseholdUnknown,
    ItemUnknown,
    KindUnknown,
    NotOfHousehold,
    PhotoNeeded,
    WayNotOpen,
    WordsNeeded,
)
from app.domains.appraisals.events import AppraisalDeclared
from app.domains.appraisals.models import Appraisal, Flag, Item, Photo
from app.domains.appraisals.preset import AppraisalKind
from app.domains.areas import queries as areas
from app.domains.media import actions as media_actions
from app.domains.media import queries as media
from app.kernel.access import unscoped
from app.kernel.errors import Forbidden
from app.kernel.transaction import Tx
from app.kernel.values import local_day

SAME_DEED = "same_deed"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What somebody declares; the household is named, scanned, or his own."""

    id: UUID
    kind: str
    items: tuple[str, ...]
    words: str = field(repr=False)
    done_on: date | None = None
    household_id: UUID | None = None
    door_code: str | None = field(default=None, repr=False)
    doer_id: UUID | None = None
    file_ids: tuple[UUID, ...] = ()
    voice_id: UUID | None = None
    has_picture_consent: bool = False
    has_plate_consent: bool = False


def declare(tx: Tx, told: Declaration) -> Appraisal:
    """Take a declaration, say who will look at it, and tell a household that others have named it."""
    kind: AppraisalKind | None = tx.runtime.presets["appraisals"].get(told.kind)
    if kind is None:
        raise KindUnknown(field="kind")
    facts, way = _household(tx, told, kind)
    done_on = _day(tx, told, kind)
    _check_content(tx, told, kind)
    doer_id = _doer(tx, told, facts, way=way)
    period = rules.period_of(kind.period, local_day(tx.now))
    _check_period(tx, told.kind, facts.household_id, period=period)
    appraisal = _write(tx, told, facts, way=way, doer_id=doer_id, done_on=done_on, period=period, kind=kind)
    media_actions.ask_checks(tx, f"{rules.SUBJECT}{told.id}", text=told.words, file_ids=told.file_ids)
    _flag_the_same(tx, appraisal, told.items)
    write_down(tx, appraisal, rules.Step.declared, way=way, items=list(told.items))
    nominees = () if way is rules.Way.villager else household_people(tx, appraisal)
    tx.emit(AppraisalDeclared(about(tx, appraisal), appraisal.declared_by, way, nominees))
    await_check(tx, appraisal, kind)
    return appraisal


def _household(tx: Tx, told: Declaration, kind: AppraisalKind) -> tuple[areas.HouseholdFacts, rules.Way]:
    """Which household, and in which way the actor may speak for it."""
    if tx.actor.person_id is None:
        raise Forbidden
    facts = areas.household_facts(tx.db, _named_household(tx, told))
    if facts is None:
        raise HouseholdUnknown(field="household_id")
    way = _way(tx, facts)
    if way not in kind.declare_by:
        raise WayNotOpen
    return facts, way


def _named_household(tx: Tx, told: Declaration) -> UUID:
    if told.door_code is not None:
        found = areas.resolve_code(tx.db, tx.vault, told.door_code)
        if found is None:
            raise HouseholdUnknown(field="door_code")
        return found.household_id
    household_id = told.household_id or tx.actor.household_id
    if household_id is None:
        raise HouseholdUnknown(field="household_id")
    return household_id


def _way(tx: Tx, facts: areas.HouseholdFacts) -> rules.Way:
    path, actor = facts.area_path, tx.actor
    if actor.covers("appraisals.declare", path, household_id=facts.household_id):
        return rules.Way.villager
    if actor.covers("appraisals.declare", path, keeper_id=facts.keeper_id):
        return rules.Way.member
    if actor.covers("appraisals.nominate", path):
        return rules.Way.neighbour
    raise HouseholdUnknown(field="household_id")


def _day(tx: Tx, told: Declaration, kind: AppraisalKind) -> date:
    today = local_day(tx.now)
    done_on = told.done_on or today
    if not today - timedelta(days=kind.backdate_days) <= done_on <= today:
        raise DayNotAccepted(field="done_on")
    return done_on


def _check_content(tx: Tx, told: Declaration, kind: AppraisalKind) -> None:
    if not told.items or len(told.items) > kind.items_most or set(told.items) - kind.item.keys():
        raise ItemUnknown(field="items")
    is_shown = any("photo" in kind.item[key].evidence for key in told.items)
    if is_shown and not media.has_come(tx.db, tx.actor.person_id, told.file_ids):
        raise PhotoNeeded(field="file_ids")
    if not told.words.strip() and told.voice_id is None:
        raise WordsNeeded(field="words")


def _doer(tx: Tx, told: Declaration, facts: areas.HouseholdFacts, *, way: rules.Way) -> UUID:
    usual = tx.actor.person_id if way is rules.Way.villager else facts.head_id
    doer_id = told.doer_id or usual
    people = [person.person_id for person in areas.persons_of(tx.db, facts.household_id)]
    if doer_id is None or doer_id not in people:
        raise NotOfHousehold(field="doer_id")
    return doer_id


@unscoped("asks about the household that the actor has just been admitted to speak for")
def _check_period(tx: Tx, kind: str, household_id: UUID, *, period: str) -> None:
    if not period:
        return
    lost = {rules.Stage.refused, rules.Stage.withdrawn, rules.Stage.declined}
    standing = select(Appraisal.id).where(
        Appraisal.household_id == household_id,
        Appraisal.kind == kind,
        Appraisal.period == period,
        Appraisal.stage.not_in(lost),
    )
    if tx.db.scalar(standing.limit(1)) is not None:
        raise AlreadyThisPeriod


def _write(
    tx: Tx,
    told: Declaration,
    facts: areas.HouseholdFacts,
    *,
    way: rules.Way,
    doer_id: UUID,
    done_on: date,
    period: str,
    kind: AppraisalKind,
) -> Appraisal:
    appraisal = Appraisal(
        id=told.id,
        kind=told.kind,
        version=kind.version,
        area_path=areas.village_of(facts.area_path),
        household_id=facts.household_id,
        doer_id=doer_id,
        way=way,
        declared_by=tx.actor.person_id,
        declared_at=tx.now,
        done_on=done_on,
        period=period,
        words_sealed=tx.vault.seal(f"appraisals_appraisal.words:{told.id}", told.words),
        words_state=rules.WordsState.checking if told.words else rules.WordsState.passed,
        has_picture_consent=told.has_picture_consent and way is not rules.Way.neighbour,
        has_plate_consent=told.has_plate_consent and way is not rules.Way.neighbour,
        stage=rules.Stage.checking,
        rung=0,
        looks=0,
        round=0,
        publication=0,
        points=0,
        reason="",
    )
    tx.db.add(appraisal)
    tx.db.flush()
    for key in told.items:
        tx.add(
            Item, id=tx.new_id(), appraisal_id=told.id, key=key, claimed=kind.item[key].points[0], given=None, cut_by=""
        )
    for position, file_id in enumerate((*told.file_ids, *([told.voice_id] if told.voice_id else ()))):
        tx.add(Photo, appraisal_id=told.id, file_id=file_id, position=position, look=None)
    return appraisal


@unscoped("looks for the same deed of the same person, only to flag it for whoever checks")
def _flag_the_same(tx: Tx, appraisal: Appraisal, items: tuple[str, ...]) -> None:
    """The same person, item and day again: not refused, but whoever checks sees it."""
    same = (
        select(Appraisal.id)
        .join(Item, Item.appraisal_id == Appraisal.id)
        .where(
            Appraisal.doer_id == appraisal.doer_id,
            Appraisal.done_on == appraisal.done_on,
            Appraisal.id != appraisal.id,
            Item.key.in_(items),
            Appraisal.kind == appraisal.kind,
        )
        .distinct()
    )
    for other_id in tx.db.scalars(same).all():
        tx.add(Flag, appraisal_id=appraisal.id, kind=SAME_DEED, other_id=other_id)

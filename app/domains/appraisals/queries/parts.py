"""What several questions share: names of items, pictures that may be shown, names of people as the reader may read them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.appraisals import rules
from app.domains.appraisals.models import Appraisal, Item, Photo
from app.domains.appraisals.preset import AppraisalKind
from app.domains.appraisals.preset import Item as RuleItem
from app.domains.areas import queries as areas
from app.domains.areas.models import Person
from app.domains.media.models import File
from app.domains.media.rules import CheckState, FileKind, FileState
from app.kernel.access import Actor, unscoped
from app.kernel.crypto import Vault
from app.kernel.policies import UnknownPolicy, policy_of
from app.kernel.values import mask_name


class ItemSeen(NamedTuple):
    """One item with what was claimed and given for it, and what the rule of then allows."""

    key: str
    name: str
    claimed: int
    given: int | None
    cut_by: str
    points: tuple[int, int]
    cap: int | None
    per: str


def kind_of(db: Session, appraisal: Appraisal) -> AppraisalKind:
    """The kind as it was when this was declared."""
    return policy_of(db, AppraisalKind, f"appraisals/{appraisal.kind}", version=appraisal.version)


def item_under(db: Session, rule: str, version: str) -> RuleItem | None:
    """The item behind a rule of the ledger (`deed.clean_up`) as it was in that version; None when it is not ours."""
    kind, _, key = rule.partition(".")
    try:
        return policy_of(db, AppraisalKind, f"appraisals/{kind}", version=version).item.get(key)
    except UnknownPolicy:
        return None


def words_of(vault: Vault, appraisal: Appraisal) -> str:
    """What was declared, in the declarer's words."""
    return vault.open(f"appraisals_appraisal.words:{appraisal.id}", appraisal.words_sealed)


def items_of(db: Session, appraisals: Collection[Appraisal]) -> Mapping[UUID, Sequence[ItemSeen]]:
    """The items of each appraisal, in the order in which they were named."""
    found = select(Item).where(Item.appraisal_id.in_([each.id for each in appraisals])).order_by(Item.id)
    kinds = {each.id: kind_of(db, each) for each in appraisals}
    items: dict[UUID, list[ItemSeen]] = {each.id: [] for each in appraisals}
    for item in db.scalars(found):
        rule = kinds[item.appraisal_id].item[item.key]
        seen = ItemSeen(
            item.key, rule.name, item.claimed, item.given, item.cut_by, rule.points, rule.cap, str(rule.per)
        )
        items[item.appraisal_id].append(seen)
    return items


@unscoped("only files that the declarer himself has sent; the caller has reached the appraisal")
def files_of(
    db: Session, appraisals: Collection[Appraisal], *, is_public: bool, kind: FileKind = FileKind.picture
) -> Mapping[UUID, tuple[UUID, ...]]:
    """The pictures (or recordings) of each appraisal; to the public only with consent, and only what passed the check."""
    found = (
        select(Photo.appraisal_id, Photo.file_id)
        .join(Appraisal, Appraisal.id == Photo.appraisal_id)
        .join(File, File.id == Photo.file_id)
        .where(Photo.appraisal_id.in_([each.id for each in appraisals]))
        .where(File.owner_id == Appraisal.declared_by, File.state == FileState.ready, File.kind == kind)
        .order_by(Photo.appraisal_id, Photo.position)
    )
    if is_public:
        found = found.where(Appraisal.has_picture_consent, File.verdict == CheckState.passed)
    files: dict[UUID, tuple[UUID, ...]] = {}
    for appraisal_id, file_id in db.execute(found):
        files[appraisal_id] = (*files.get(appraisal_id, ()), file_id)
    return files


def voice_of(db: Session, appraisals: Collection[Appraisal]) -> Mapping[UUID, UUID]:
    """The recording of each appraisal that has one; nobody checks recordings, so the public never hears them."""
    found = files_of(db, appraisals, is_public=False, kind=FileKind.voice)
    return {appraisal_id: files[0] for appraisal_id, files in found.items()}


class Names(NamedTuple):
    """The whole names of who did it and of the heads of the households, by id, and who is under age."""

    doers: Mapping[UUID, str]
    heads: Mapping[UUID, str]
    minors: frozenset[UUID]


@unscoped("the caller decides what of a name the reader may read")
def names_in(db: Session, vault: Vault, appraisals: Collection[Appraisal]) -> Names:
    """The names behind some appraisals."""
    doers = {each.doer_id for each in appraisals}
    born = {
        row.id: row.birth_year for row in db.execute(select(Person.id, Person.birth_year).where(Person.id.in_(doers)))
    }
    days = {each.doer_id: each.done_on for each in appraisals}
    minors = frozenset(person for person, year in born.items() if rules.is_minor(year, days[person]))
    heads = areas.households_named(db, vault, {each.household_id for each in appraisals})
    return Names(areas.names_of(db, vault, doers), heads, minors)


def told_to(name: str, appraisal: Appraisal, actor: Actor) -> str:
    """A name for who follows it: who has named a neighbour by his door code does not learn his name by that."""
    is_whole = appraisal.way != rules.Way.neighbour or appraisal.household_id == actor.household_id
    return name if is_whole or actor.covers("appraisals.check", appraisal.area_path) else mask_name(name)


def shown_as(names: Names, appraisal: Appraisal, kind: AppraisalKind, *, is_near: bool) -> str:
    """Whose it is, as this reader may read it: never the name of a minor, but that of the head of the household."""
    head = names.heads.get(appraisal.household_id, "")
    name = head if appraisal.doer_id in names.minors else names.doers.get(appraisal.doer_id, head)
    return rules.name_shown(name, names=kind.publish.names, is_near=is_near, has_consent=appraisal.has_plate_consent)

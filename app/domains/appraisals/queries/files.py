"""Who may see a picture of an appraisal: the household, the offices, the panel, and when published everybody of the town."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session

from app.domains.appraisals import rules
from app.domains.appraisals.models import Appraisal, Photo, Seat
from app.domains.areas import queries as areas
from app.domains.media.models import File
from app.domains.media.rules import CheckState
from app.kernel.access import Actor, below, reach, unscoped


@unscoped(
    "the own household, the offices of the place, a seat on the panel, or a published picture of the reader's town"
)
def may_see_file(db: Session, actor: Actor, file_id: UUID) -> bool:
    """Whether a file is a picture that its owner has put to an appraisal which the actor may look into."""
    towns = {areas.parent_of(areas.village_of(path)) or path for path in actor.paths("appraisals.read")}
    is_public = and_(
        Appraisal.stage.in_(rules.SHOWN),
        Appraisal.has_picture_consent,
        File.verdict == CheckState.passed,
        or_(false(), *(below(Appraisal.area_path, town) for town in sorted(towns))),
    )
    voter_id = actor.person_id if actor.through_id is None else None  # what she does in an office is left to nobody
    seated = select(Seat.id).where(
        Seat.appraisal_id == Appraisal.id,
        Seat.person_id == voter_id,
        Seat.state.in_([rules.SeatState.asked, rules.SeatState.voted]),
    )
    ways = [reach(actor, permission, Appraisal) for permission in ("appraisals.own", "appraisals.check")]
    found = (
        select(Photo.file_id)
        .join(Appraisal, Appraisal.id == Photo.appraisal_id)
        .join(File, File.id == Photo.file_id)
        .where(Photo.file_id == file_id, File.owner_id == Appraisal.declared_by)
        .where(or_(is_public, seated.exists(), *ways))
    )
    return db.scalar(found.limit(1)) is not None

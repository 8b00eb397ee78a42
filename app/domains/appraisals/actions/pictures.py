"""Pictures and words of an appraisal: recognised when they come a second time, shown only when they have passed the check."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.dialects.postgresql import BIT, insert

from app.domains.appraisals import rules
from app.domains.appraisals.actions.timeline import kind_of
from app.domains.appraisals.models import Appraisal, Flag, Photo
from app.domains.media import queries as media
from app.domains.media.rules import CheckState, FileState
from app.kernel.access import unscoped
from app.kernel.transaction import Tx

SAME_PICTURE = "same_picture"


@unscoped("called when a check is decided: the machine itself notes what may be shown")
def settle_content(tx: Tx, appraisal_id: UUID) -> None:
    """The check has said something about the words or a picture: note it, and look whether a picture was used before."""
    appraisal = tx.db.scalars(select(Appraisal).where(Appraisal.id == appraisal_id).with_for_update()).one_or_none()
    if appraisal is None:
        return
    words = [c for c in media.checks_of(tx.db, f"{rules.SUBJECT}{appraisal_id}") if c.kind == "text"]
    if any(check.state in {CheckState.held, CheckState.risky} for check in words):
        appraisal.words_state = rules.WordsState.held
    elif words and all(check.state == CheckState.passed for check in words):
        appraisal.words_state = rules.WordsState.passed
    recognise_pictures(tx, appraisal)


def recognise_pictures(tx: Tx, appraisal: Appraisal) -> None:
    """Keep the look of every picture that has been drawn anew, and flag those that another appraisal has used."""
    fresh = tx.db.scalars(select(Photo).where(Photo.appraisal_id == appraisal.id, Photo.look.is_(None))).all()
    for photo in fresh:
        file = media.file_of(tx.db, photo.file_id)
        if file is None or file.state != FileState.ready or file.owner_id != appraisal.declared_by:
            continue
        photo.look = file.look
        if file.look is not None and rules.tells_much(file.look):
            _flag_reuse(tx, appraisal, file.look)
    tx.db.flush()


@unscoped("compares looks over the whole county, because a picture travels; only the flag remains")
def _flag_reuse(tx: Tx, appraisal: Appraisal, look: int) -> None:
    """Both appraisals get a flag: whoever checks either of them sees the other."""
    most = kind_of(tx, appraisal).photos_alike_bits
    apart = func.bit_count(cast(Photo.look.op("#")(cast(look, BigInteger)), BIT(64)))
    alike = select(Photo.appraisal_id).where(Photo.look.is_not(None), Photo.appraisal_id != appraisal.id, apart <= most)
    for other_id in tx.db.scalars(alike.distinct()).all():
        for one, other in ((appraisal.id, other_id), (other_id, appraisal.id)):
            flag = insert(Flag).values(appraisal_id=one, kind=SAME_PICTURE, other_id=other)
            tx.db.execute(flag.on_conflict_do_nothing())

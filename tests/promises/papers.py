"""Slips and deputies for the promises of access."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from app.domains.areas.models import Deputy
from app.domains.identity.models import Slip
from app.domains.visits.models import Comment, Post
from app.kernel.transaction import Tx


def make_slip(tx: Tx, person_id: UUID) -> str:
    """A slip with which this person can bind."""
    code = "".join("ABCDEFGHJKMNPQRSTUVWXYZ"[byte % 23] for byte in uuid4().bytes[:10])
    tx.add(
        Slip,
        id=tx.new_id(),
        person_id=person_id,
        code_index=tx.vault.index("identity_slip.code", code),
        issued_by=None,
        issued_at=tx.now,
        expires_at=tx.now.replace(year=tx.now.year + 1),
        used_at=None,
    )
    return code


def make_deputy(tx: Tx, *, absent_id: UUID, deputy_id: UUID, path: str) -> UUID:
    """Somebody stands in for the keeper, a year from now: it opens nothing today."""
    row_id, later = tx.new_id(), tx.now.replace(year=tx.now.year + 1)
    tx.add(
        Deputy,
        id=row_id,
        absent_id=absent_id,
        deputy_id=deputy_id,
        area_path=path,
        since=later,
        until=later.replace(year=later.year + 1),
        reason="外出",
        ended_at=None,
    )
    return row_id


def make_post(tx: Tx, visit_id: UUID, *, author_id: UUID, path: str, words: str, file_ids: Sequence[UUID]) -> None:
    """A visit shown to the village and its town, with one comment to come."""
    tx.add(
        Post,
        id=visit_id,
        area_path=path,
        village_path=path,
        town_path="/".join(path.split("/")[:2]) + "/",
        author_id=author_id,
        words=words,
        file_ids=list(file_ids),
        has_picture_consent=True,
        state="shown",
        posted_at=tx.now,
        comment_count=1,
    )


def make_comment(tx: Tx, post_id: UUID, *, author_id: UUID, path: str, words: str) -> UUID:
    """Words under a post that everybody who reads it sees."""
    comment_id = tx.new_id()
    tx.add(
        Comment,
        id=comment_id,
        post_id=post_id,
        area_path=path,
        author_id=author_id,
        words=words,
        state="shown",
        commented_at=tx.now,
    )
    return comment_id

"""Who may see a file: who may see the visit it belongs to, or the reader of a feed in which it is shown."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domains.areas.models import Household
from app.domains.media.models import File
from app.domains.media.rules import CheckState
from app.domains.visits import rules
from app.domains.visits.models import Picture, Post, Visit
from app.kernel.access import Actor, reach, unscoped


@unscoped("visits through the reach of visits.read, posts through the towns where the reader reads the feed")
def may_see_file(db: Session, actor: Actor, file_id: UUID) -> bool:
    """Whether a file is part of something that the actor may see; naming a stranger's file in a visit gives no right."""
    of_visit = (
        select(Picture.file_id)
        .join(Visit, Visit.id == Picture.visit_id)
        .join(Household, Household.id == Visit.household_id)
        .join(File, File.id == Picture.file_id)
        .where(Picture.file_id == file_id, File.owner_id == Visit.visitor_id)
        .where(reach(actor, "visits.read", Household))
    )
    towns = {rules.town_of(path) for path in actor.paths("feed.read")}
    of_post = (
        select(Post.id)
        .join(File, File.owner_id == Post.author_id)
        .where(File.id == file_id, Post.file_ids.contains([file_id]), File.verdict == CheckState.passed)
        .where(Post.state == rules.PostState.shown, Post.town_path.in_(towns))
    )
    return bool(db.scalar(select(or_(of_visit.exists(), of_post.exists()))))

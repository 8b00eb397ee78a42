"""The feed 晒走访 of a branch, a village and its town: one of the five hot paths, so its statements are built once.

What is shown has passed the check; of its pictures only those that have. Nobody's household is named. What the visits carried
is asked in one statement more, on pages that have such posts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.domains.areas import queries as areas
from app.domains.cases import queries as cases
from app.domains.cases.queries import Standing
from app.domains.visits import rules
from app.kernel.access import Actor, unscoped
from app.kernel.crypto import Vault
from app.kernel.driver import Link, Where, run
from app.kernel.errors import Forbidden
from app.kernel.values import mask_name

_NEWEST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=(1 << 128) - 1))

_OF_VILLAGE = """
SELECT post.id, post.author_id, author.name_sealed, post.area_path, village.name, post.words, post.posted_at, post.state,
    ARRAY(
        SELECT file.id FROM unnest(post.file_ids) WITH ORDINALITY AS named (id, position)
        JOIN media_file AS file ON file.id = named.id
        WHERE file.owner_id = post.author_id AND file.state = 'ready' AND file.verdict = 'passed'
        ORDER BY named.position
    ) AS file_ids, post.like_count, post.comment_count,
    EXISTS (
        SELECT FROM visits_like AS mine
        WHERE mine.post_id = post.id AND mine.person_id = %(me)s AND mine.is_given
    ) AS is_liked,
    EXISTS (SELECT FROM cases_case AS matter WHERE matter.visit_id = post.id) AS has_matter
FROM visits_post AS post
JOIN areas_person AS author ON author.id = post.author_id
JOIN areas_area AS village ON village.path = post.village_path
WHERE post.state = 'shown' AND post.village_path = %(place)s AND (post.posted_at, post.id) < (%(at)s, %(id)s)
    AND NOT EXISTS (SELECT FROM visits_mute AS mute WHERE mute.person_id = %(me)s AND mute.post_id = post.id)
ORDER BY post.posted_at DESC, post.id DESC LIMIT 30
"""
_OF_TOWN = _OF_VILLAGE.replace("post.village_path = %(place)s", "post.town_path = %(place)s")
_OF_BRANCH = _OF_TOWN.replace(
    "WHERE post.state",
    """JOIN members_member AS mate ON mate.person_id = post.author_id AND mate.state = 'active'
JOIN members_member AS own ON own.branch_id = mate.branch_id AND own.person_id = %(me)s AND own.state = 'active'
WHERE post.state""",
)
_UNSEEN = """
SELECT post.id, post.author_id, author.name_sealed, post.area_path, village.name, post.words, post.posted_at, post.state,
    post.file_ids, post.like_count, post.comment_count, FALSE AS is_liked, FALSE AS has_matter
FROM visits_post AS post
JOIN areas_person AS author ON author.id = post.author_id
JOIN areas_area AS village ON village.path = post.village_path
WHERE post.author_id = %(author_id)s AND post.state IN ('checking', 'held')
ORDER BY post.posted_at DESC, post.id DESC LIMIT 30
"""


class Reach(StrEnum):
    """How far a feed goes."""

    branch = "branch"
    village = "village"
    town = "town"


_STATEMENTS = {Reach.branch: _OF_BRANCH, Reach.village: _OF_VILLAGE, Reach.town: _OF_TOWN}


@dataclass(frozen=True, slots=True)
class Matter:
    """What a visit carried: what it is called, how it stands, and which it is for those who may see it."""

    words: str
    standing: Standing
    case_id: UUID | None


@dataclass(frozen=True, slots=True)
class FeedPost:
    """One post as this reader sees it."""

    id: UUID
    author: str = field(repr=False)
    place: str
    words: str = field(repr=False)
    posted_at: datetime
    state: str
    file_ids: tuple[UUID, ...]
    is_mine: bool
    like_count: int
    comment_count: int
    is_liked: bool
    matters: tuple[Matter, ...]


@unscoped("the place is the reader's own village or town, cut from where he may read the feed")
def feed_page(
    where: Link,
    vault: Vault,
    *,
    actor: Actor,
    far: Reach,
    kinds: Mapping[str, str],
    after: tuple[datetime, UUID] | None = None,
) -> Sequence[FeedPost]:
    """Thirty posts of the reader's village, town or branch, the newest first; `kinds` are the matters that are spoken of."""
    at, last_id = after or _NEWEST
    mark = {"place": place_of(actor, far), "at": at, "id": last_id, "me": actor.person_id}
    rows = run(where, _STATEMENTS[far], mark).fetchall()
    return _posts(vault, actor, rows, matters=_matters(where, actor, rows, kinds=kinds))


@unscoped("the author's own posts that nobody else sees yet")
def unseen_posts(where: Where, vault: Vault, *, actor: Actor) -> Sequence[FeedPost]:
    """What of the reader's own posts is still being checked or held."""
    if actor.person_id is None:
        return []
    return _posts(vault, actor, run(where, _UNSEEN, {"author_id": actor.person_id}), matters={})


def place_of(actor: Actor, far: Reach) -> str:
    """The village where the reader reads, else its town; who only reads a whole town has no smaller feed."""
    paths = actor.paths("feed.read")
    if not paths:
        raise Forbidden
    home = areas.village_of(max(paths, key=len))
    return home if far is Reach.village else rules.town_of(home)


def _matters(
    where: Link, actor: Actor, rows: Iterable[Any], *, kinds: Mapping[str, str]
) -> Mapping[UUID, tuple[Matter, ...]]:
    """What the visits of a page carried, where the visitor himself raised it."""
    authors = {row[0]: row[1] for row in rows if row[-1]}
    if not authors:
        return {}
    found: defaultdict[UUID, tuple[Matter, ...]] = defaultdict(tuple)
    for one in cases.carried_by(where.whole(), actor, authors, kinds=kinds):
        if one.by_person_id == authors[one.visit_id]:
            found[one.visit_id] += (Matter(kinds[one.kind], one.standing, one.case_id),)
    return found


def _posts(
    vault: Vault, actor: Actor, rows: Iterable[Any], *, matters: Mapping[UUID, tuple[Matter, ...]]
) -> list[FeedPost]:
    """Rows as this reader sees them: the author's name is whole where the reader belongs, and masked elsewhere."""
    near = actor.paths("feed.read")
    posts = []
    for (
        post_id,
        author_id,
        sealed,
        path,
        place,
        words,
        posted_at,
        state,
        file_ids,
        likes,
        comments,
        is_liked,
        _,
    ) in rows:
        name = vault.open(f"areas_person.name:{author_id}", sealed)
        posts.append(
            FeedPost(
                id=post_id,
                author=name if path.startswith(near) else mask_name(name),
                place=areas.short_name(place),
                words=words,
                posted_at=posted_at,
                state=state,
                file_ids=tuple(file_ids),
                is_mine=author_id == actor.person_id,
                like_count=likes,
                comment_count=comments,
                is_liked=is_liked,
                matters=matters.get(post_id, ()),
            )
        )
    return posts

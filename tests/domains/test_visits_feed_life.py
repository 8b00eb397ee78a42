"""Life in the feed: counters stand for rows whatever people do, words are seen after the check, reports hold until somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.domains.audit.models import Entry
from app.domains.identity import actions as identity
from app.domains.media.ports import ContentChecker
from app.domains.visits import actions, errors, queries, sweeps
from app.domains.visits.models import Comment, Like, Post
from app.kernel.access import SYSTEM, unscoped
from app.kernel.clock import MovableClock
from app.kernel.errors import Refusal
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, glancing, reading, transaction
from app.kernel.values import uuid7
from bot import media_worker
from tests.fakes import FakeChecker
from tests.makers.areas import NEXT_VILLAGE, make_household
from tests.makers.duties import messages_for
from tests.makers.visits import Door, Someone, a_share, make_cadre, make_door, make_villager, make_visit

T = TypeVar("T")


@pytest.fixture
def door(runtime: Runtime) -> Door:
    return make_door(runtime)


@pytest.fixture
def post(runtime: Runtime, door: Door) -> UUID:
    return shown_post(runtime, door)


@pytest.fixture
def cadre(runtime: Runtime) -> Someone:
    with transaction(runtime, SYSTEM) as tx:
        return make_cadre(tx)


def shown_post(runtime: Runtime, door: Door) -> UUID:
    post_id = make_visit(runtime, door, share=a_share()).id
    check(runtime)
    return post_id


def check(runtime: Runtime) -> None:
    while media_worker.work_once(runtime):
        pass


def readers(runtime: Runtime, count: int, *, path: str = "") -> list[Someone]:
    """So many readers of the village, each from another household."""
    where: dict[str, Any] = {"path": path} if path else {}
    with transaction(runtime, SYSTEM) as tx:
        return [make_villager(tx, make_household(tx, **where), f"读者{n}", **where) for n in range(count)]


def act(runtime: Runtime, who: Someone, deed: Callable[[Tx], T]) -> T:
    with transaction(runtime, who.actor) as tx:
        return deed(tx)


def like(runtime: Runtime, who: Someone, post_id: UUID, *, likes: bool = True, ago: int = 0) -> actions.Liked:
    return act(
        runtime, who, lambda tx: actions.like_post(tx, post_id, likes=likes, made_at=tx.now - timedelta(seconds=ago))
    )


def say(runtime: Runtime, who: Someone, post_id: UUID, words: str = "辛苦了") -> UUID:
    return act(runtime, who, lambda tx: actions.comment_on(tx, post_id, comment_id=tx.new_id(), words=words)).id


@unscoped("a test counts everything")
def counts(runtime: Runtime, post_id: UUID) -> tuple[tuple[int, int], tuple[int, int]]:
    """The counters beside the post, and the rows counted anew."""
    with reading(runtime) as db:
        kept = db.execute(select(Post.like_count, Post.comment_count).where(Post.id == post_id)).one()
        likes = db.scalar(select(func.count()).where(Like.post_id == post_id, Like.is_given))
        words = db.scalar(select(func.count()).where(Comment.post_id == post_id, Comment.state == "shown"))
    return (kept.like_count, kept.comment_count), (likes or 0, words or 0)


def words_seen(runtime: Runtime, who: Someone, post_id: UUID) -> list[str]:
    with reading(runtime) as db:
        return [one.words for one in queries.comments_of(db, runtime.vault, actor=who.actor, post_id=post_id)]


def feed(runtime: Runtime, who: Someone) -> list[queries.FeedPost]:
    with glancing(runtime) as link:
        return list(queries.feed_page(link, runtime.vault, actor=who.actor, far=queries.Reach.village, kinds={}))


def waiting(runtime: Runtime, who: Someone) -> list[queries.Waiting]:
    with reading(runtime) as db:
        return list(queries.waiting_page(db, runtime.vault, actor=who.actor))


def test_a_like_counts_once_however_often_it_is_tapped(runtime: Runtime, post: UUID) -> None:
    (reader,) = readers(runtime, 1)
    assert [like(runtime, reader, post, ago=10).like_count for _ in range(3)] == [1, 1, 1]
    assert [(one.like_count, one.is_liked) for one in feed(runtime, reader)] == [(1, True)]
    assert like(runtime, reader, post, likes=False) == actions.Liked(post, 0, is_liked=False)


@pytest.mark.parametrize("order", [(30, 10), (10, 30)])
def test_of_two_words_about_a_like_the_one_said_last_counts(
    runtime: Runtime, post: UUID, order: tuple[int, int]
) -> None:
    (reader,) = readers(runtime, 1)
    for ago in order:
        like(runtime, reader, post, likes=ago == 30, ago=ago)
    assert counts(runtime, post) == ((0, 0), (0, 0))


def test_forty_likes_at_once_are_all_counted(runtime: Runtime, post: UUID) -> None:
    people = readers(runtime, 10)
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda n: like(runtime, people[n % 10], post), range(40)))
    assert counts(runtime, post) == ((10, 0), (10, 0))


def test_people_of_another_town_cannot_like_comment_or_report(runtime: Runtime, post: UUID) -> None:
    (stranger,) = readers(runtime, 1, path="419001/102/201/")
    for deed in (
        lambda: like(runtime, stranger, post),
        lambda: say(runtime, stranger, post),
        lambda: act(runtime, stranger, lambda tx: actions.report_post(tx, post, reason="rude")),
        lambda: words_seen(runtime, stranger, post),
    ):
        with pytest.raises(errors.PostNotFound):
            deed()


def test_who_comments_is_named_to_his_own_village_and_masked_to_the_next(runtime: Runtime, post: UUID) -> None:
    (near,), (far,) = readers(runtime, 1), readers(runtime, 1, path=NEXT_VILLAGE)
    for who in (near, far):
        say(runtime, who, post)
    check(runtime)
    with reading(runtime) as db:
        names = [
            [one.author for one in queries.comments_of(db, runtime.vault, actor=who.actor, post_id=post)]
            for who in (near, far)
        ]
    assert sorted(names[0]) == sorted(names[1]) == ["读**", "读者0"]
    assert names[0] == names[1][::-1]


def test_a_comment_is_seen_by_its_author_at_once_and_by_others_after_the_check(runtime: Runtime, post: UUID) -> None:
    author, other = readers(runtime, 2)
    say(runtime, author, post)
    assert (words_seen(runtime, author, post), words_seen(runtime, other, post)) == (["辛苦了"], [])
    check(runtime)
    assert words_seen(runtime, other, post) == ["辛苦了"]
    assert counts(runtime, post) == ((0, 1), (0, 1))


def test_a61_while_the_checker_is_away_no_comment_is_shown_and_afterwards_every_one(
    runtime: Runtime, post: UUID, clock: MovableClock
) -> None:
    checker = runtime.port(ContentChecker)
    assert isinstance(checker, FakeChecker)
    (author, other) = readers(runtime, 2)
    for n in range(100):
        say(runtime, author, post, f"第 {n} 句")
    checker.is_down = True
    for _ in range(6):
        media_worker.work_once(runtime)
        clock.set(clock.now() + timedelta(seconds=20), rate=0)
    assert (words_seen(runtime, other, post), counts(runtime, post)) == ([], ((0, 0), (0, 0)))
    checker.is_down = False
    clock.set(clock.now() + timedelta(minutes=2), rate=0)
    check(runtime)
    assert counts(runtime, post) == ((0, 100), (0, 100))


@pytest.mark.parametrize("words", ["一句坏话", "请再看"])
def test_words_that_the_check_does_not_pass_wait_for_a_cadre(
    runtime: Runtime, post: UUID, cadre: Someone, words: str
) -> None:
    author, other = readers(runtime, 2)
    comment = say(runtime, author, post, words)
    check(runtime)
    assert (words_seen(runtime, other, post), [one.id for one in waiting(runtime, cadre)]) == ([], [comment])
    if words == "一句坏话":
        with pytest.raises(errors.CommentIsRisky):
            act(runtime, cadre, lambda tx: actions.release_comment(tx, comment))
    else:
        act(runtime, cadre, lambda tx: actions.release_comment(tx, comment))
        assert (words_seen(runtime, other, post), waiting(runtime, cadre)) == ([words], [])


def test_words_that_name_the_household_behind_a_post_are_not_shown(runtime: Runtime, cadre: Someone) -> None:
    door = make_door(runtime, head="卢二孩")
    post, (author, other) = shown_post(runtime, door), readers(runtime, 2)
    say(runtime, author, post, "这不是卢 二孩家吗")
    say(runtime, author, post, "卢家沟的路修好了")
    check(runtime)
    assert words_seen(runtime, other, post) == ["卢家沟的路修好了"]
    assert [one.words for one in waiting(runtime, cadre)] == ["这不是卢 二孩家吗"]


def test_a_comment_that_is_too_long_is_refused_with_its_measure(runtime: Runtime, post: UUID) -> None:
    (author,) = readers(runtime, 1)
    with pytest.raises(errors.CommentTooLong) as refused:
        say(runtime, author, post, "长" * 201)
    assert (refused.value.field, "200" in refused.value.sentence) == ("words", True)


def test_words_that_are_taken_back_are_gone_and_nobody_else_can_do_it(runtime: Runtime, post: UUID) -> None:
    author, other = readers(runtime, 2)
    comment = say(runtime, author, post)
    check(runtime)
    with pytest.raises(errors.CommentNotFound):
        act(runtime, other, lambda tx: actions.take_back_comment(tx, comment))
    for _ in range(2):
        assert act(runtime, author, lambda tx: actions.take_back_comment(tx, comment)).state == "taken_back"
    assert (words_seen(runtime, author, post), counts(runtime, post)) == ([], ((0, 0), (0, 0)))
    with reading(runtime) as db:
        assert db.get_one(Comment, comment).words == ""


def test_a_cadre_takes_words_in_with_a_reason_and_their_author_is_told(
    runtime: Runtime, post: UUID, door: Door, cadre: Someone
) -> None:
    (author,) = readers(runtime, 1)
    comment = say(runtime, author, post)
    check(runtime)
    for _ in range(2):
        act(runtime, cadre, lambda tx: actions.hide_comment(tx, comment, reason="rude"))
        act(runtime, cadre, lambda tx: actions.hide_post(tx, post, reason="private"))
    assert [one.template for one in messages_for(runtime, author.person_id)] == ["words_hidden"]
    assert [one.template for one in messages_for(runtime, door.keeper.person_id)] == ["words_hidden"]
    assert counts(runtime, post) == ((0, 0), (0, 0))
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).where(Entry.action == "feed.hide")) == 2
    with pytest.raises(errors.UnknownReason):
        act(runtime, cadre, lambda tx: actions.hide_post(tx, post, reason="just_so"))


def test_what_a_reader_does_not_want_to_see_is_gone_from_his_feed_alone(runtime: Runtime, post: UUID) -> None:
    one, other = readers(runtime, 2)
    act(runtime, one, lambda tx: actions.mute_post(tx, post))
    assert (feed(runtime, one), [seen.id for seen in feed(runtime, other)]) == ([], [post])
    act(runtime, one, lambda tx: actions.unmute_post(tx, post))
    assert [seen.id for seen in feed(runtime, one)] == [post]


def test_reports_of_three_households_hold_a_post_until_a_cadre_has_looked(
    runtime: Runtime, post: UUID, door: Door, cadre: Someone
) -> None:
    people = readers(runtime, 4)
    with transaction(runtime, SYSTEM) as tx:
        sibling = make_villager(tx, people[0].actor.household_id or UUID(int=0), "同户人")

    def report(who: Someone) -> None:
        act(runtime, who, lambda tx: actions.report_post(tx, post, reason="untrue"))

    for who in (people[0], people[0], sibling, people[1]):
        report(who)
    assert [seen.id for seen in feed(runtime, people[3])] == [post]
    (seen,) = waiting(runtime, cadre)
    assert (seen.reports, seen.reasons, seen.state) == (2, {"untrue": 3}, "shown")
    report(people[2])
    assert (feed(runtime, people[3]), waiting(runtime, cadre)[0].state) == ([], "held")
    act(runtime, cadre, lambda tx: actions.release_post(tx, post))
    assert ([one.id for one in feed(runtime, people[3])], waiting(runtime, cadre)) == ([post], [])
    report(people[0])
    report(people[3])
    assert [(one.reports, one.state) for one in waiting(runtime, cadre)] == [(1, "shown")]
    assert [one.template for one in messages_for(runtime, door.keeper.person_id)] == ["post_held"]


def test_reports_of_three_households_hold_a_comment_too(runtime: Runtime, post: UUID, cadre: Someone) -> None:
    author, *people = readers(runtime, 4)
    comment = say(runtime, author, post)
    check(runtime)
    for who in people:
        act(runtime, who, lambda tx: actions.report_comment(tx, comment, reason="rude"))
    assert (words_seen(runtime, people[0], post), counts(runtime, post)) == ([], ((0, 0), (0, 0)))
    assert [(one.kind, one.reports, one.reasons) for one in waiting(runtime, cadre)] == [("comment", 3, {"rude": 3})]


def test_the_queue_of_a_place_is_for_its_own_cadres_and_the_longest_waiting_comes_first(
    runtime: Runtime, door: Door, cadre: Someone, clock: MovableClock
) -> None:
    held = []
    for n in range(31):
        held.append(make_visit(runtime, door, share=a_share(f"请再看 {n}")).id)
        check(runtime)
        clock.set(clock.now() + timedelta(seconds=1), rate=0)
    with transaction(runtime, SYSTEM) as tx:
        foreign = make_cadre(tx, "外村干部", path=NEXT_VILLAGE)
    first = waiting(runtime, cadre)
    mark = first[-1].waits_since, first[-1].id
    with reading(runtime) as db:
        rest = queries.waiting_page(db, runtime.vault, actor=cadre.actor, after=mark)
    assert [one.id for one in (*first, *rest)] == held
    assert waiting(runtime, foreign) == []


def test_who_posted_is_told_of_the_day_once_and_quietly(
    runtime: Runtime, post: UUID, door: Door, clock: MovableClock
) -> None:
    for reader in readers(runtime, 3):
        like(runtime, reader, post)
        say(runtime, reader, post)
    like(runtime, door.keeper, post)
    check(runtime)
    assert [sweeps.tell_authors(runtime) for _ in range(2)] == [1, 1]
    (told,) = messages_for(runtime, door.keeper.person_id)
    assert told.template == "feed_digest"
    assert '"likes": "3", "comments": "3"' in runtime.vault.open(
        f"notices_message.values:{told.id}", told.values_sealed
    )
    clock.set(clock.now() + timedelta(days=2), rate=0)
    assert sweeps.tell_authors(runtime) == 0


def test_who_closes_his_account_takes_his_likes_and_comments_along(runtime: Runtime, post: UUID) -> None:
    goes, stays = readers(runtime, 2)
    for who in (goes, stays):
        like(runtime, who, post)
        say(runtime, who, post)
    check(runtime)
    act(runtime, goes, identity.close_account)
    assert counts(runtime, post) == ((1, 1), (1, 1))
    assert words_seen(runtime, stays, post) == ["辛苦了"]


STEPS = (
    "like",
    "unlike",
    "say",
    "say badly",
    "take back",
    "hide",
    "release",
    "hide post",
    "release post",
    "check",
    "report",
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3), st.integers(0, 5)), max_size=30))
def test_whatever_people_do_the_counters_stand_for_the_rows(
    runtime: Runtime, steps: list[tuple[str, int, int]]
) -> None:
    post = shown_post(runtime, make_door(runtime))
    people, said = readers(runtime, 4), [uuid7(runtime.clock.now())]
    with transaction(runtime, SYSTEM) as tx:
        cadre = make_cadre(tx)
    for n, (what, who, which) in enumerate(steps):
        comment = said[which % len(said)]
        try:
            if what in {"like", "unlike"}:
                like(runtime, people[who], post, likes=what == "like", ago=len(steps) - n)
            elif what in {"say", "say badly"}:
                said.append(say(runtime, people[who], post, "请再看" if what == "say badly" else "好"))
            else:
                _step(runtime, what, people[who], cadre=cadre, post=post, comment=comment)
        except Refusal:
            continue
    kept, counted = counts(runtime, post)
    assert kept == counted


def _step(runtime: Runtime, what: str, who: Someone, *, cadre: Someone, post: UUID, comment: UUID) -> None:
    if what == "check":
        check(runtime)
        return
    deeds: dict[str, tuple[Someone, Callable[[Tx], object]]] = {
        "take back": (who, lambda tx: actions.take_back_comment(tx, comment)),
        "report": (who, lambda tx: actions.report_comment(tx, comment, reason="rude")),
        "hide": (cadre, lambda tx: actions.hide_comment(tx, comment, reason="rude")),
        "release": (cadre, lambda tx: actions.release_comment(tx, comment)),
        "hide post": (cadre, lambda tx: actions.hide_post(tx, post, reason="other")),
        "release post": (cadre, lambda tx: actions.release_post(tx, post)),
    }
    act(runtime, *deeds[what])

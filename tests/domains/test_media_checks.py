"""Content checks: nothing is shown before it has passed, everything waits when the checker is away (A61), silence is held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domains.identity import actions as identity
from app.domains.media import actions, queries
from app.domains.media.models import Check, File
from app.domains.media.ports import ContentChecker, Verdict
from app.domains.visits import actions as visits
from app.domains.visits import errors
from app.domains.visits import queries as feeds
from app.domains.visits.models import Post
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import glancing, reading, transaction
from bot import media_worker
from tests.fakes import FakeChecker
from tests.makers.duties import messages_for
from tests.makers.media import a_picture, make_file
from tests.makers.visits import Door, a_share, make_cadre, make_door, make_keeper, make_villager, make_visit


@pytest.fixture
def door(runtime: Runtime) -> Door:
    return make_door(runtime)


@pytest.fixture
def checker(runtime: Runtime) -> FakeChecker:
    found = runtime.port(ContentChecker)
    assert isinstance(found, FakeChecker)
    return found


def state(runtime: Runtime, post_id: UUID) -> str:
    with reading(runtime) as db:
        return db.get_one(Post, post_id).state


def shown(runtime: Runtime, door: Door) -> Iterator[feeds.FeedPost]:
    with transaction(runtime, SYSTEM) as tx:
        reader = make_villager(tx, door.household_id)
    with glancing(runtime) as link:
        yield from feeds.feed_page(link, runtime.vault, actor=reader.actor, far=feeds.Reach.village, kinds={})


def decide(runtime: Runtime, trace_id: str, verdict: Verdict) -> bool:
    with transaction(runtime, SYSTEM) as tx:
        return actions.decide_check(tx, trace_id, verdict)


def later(clock: MovableClock, **lengths: float) -> None:
    clock.set(clock.now() + timedelta(**lengths), rate=0)


@pytest.mark.parametrize(("words", "result"), [("灯修好了", "shown"), ("一句坏话", "held"), ("请再看", "held")])
def test_words_decide_whether_a_post_is_shown_or_held(runtime: Runtime, door: Door, words: str, result: str) -> None:
    post = make_visit(runtime, door, share=a_share(words)).id
    assert list(shown(runtime, door)) == []
    assert media_worker.work_once(runtime) == 1
    assert state(runtime, post) == result
    assert [one.words for one in shown(runtime, door)] == ([words] if result == "shown" else [])
    told = [message.template for message in messages_for(runtime, door.keeper.person_id)]
    assert told == (["post_held"] if result == "held" else [])


def test_a61_while_the_checker_is_away_nothing_is_shown_and_afterwards_everything(
    runtime: Runtime, door: Door, checker: FakeChecker, clock: MovableClock
) -> None:
    posts = [make_visit(runtime, door, share=a_share(f"第 {n} 条")).id for n in range(40)]
    checker.is_down = True
    for _ in range(12):
        assert media_worker.work_once(runtime) == 0
        later(clock, seconds=30)
    assert list(shown(runtime, door)) == []
    checker.is_down = False
    for _ in range(4):
        later(clock, seconds=30)
        while media_worker.work_once(runtime):
            pass
    assert {state(runtime, post) for post in posts} == {"shown"}


def test_a_picture_is_shown_only_when_its_verdict_has_come(runtime: Runtime, door: Door, checker: FakeChecker) -> None:
    picture = make_file(runtime, door.keeper.actor)
    post = make_visit(runtime, door, share=a_share("灯修好了", picture)).id
    while media_worker.work_once(runtime):
        pass
    assert [one.file_ids for one in shown(runtime, door)] == [()]
    (url,) = checker.asked
    token = url.rsplit("/", 1)[1]
    with reading(runtime) as db:
        fetched = queries.file_to_fetch(db, token)
        assert fetched is not None
        assert fetched.id == picture
    assert decide(runtime, "trace-1", Verdict.PASS)
    assert [one.file_ids for one in shown(runtime, door)] == [(picture,)]
    assert not decide(runtime, "trace-1", Verdict.RISKY)
    with reading(runtime) as db:
        assert queries.file_to_fetch(db, token) is None
    assert state(runtime, post) == "shown"


def test_a_risky_picture_takes_the_post_out_of_the_feed_and_no_cadre_can_release_it(
    runtime: Runtime, door: Door
) -> None:
    post = make_visit(runtime, door, share=a_share("灯修好了", make_file(runtime, door.keeper.actor))).id
    while media_worker.work_once(runtime):
        pass
    decide(runtime, "trace-1", Verdict.RISKY)
    assert state(runtime, post) == "held"
    with transaction(runtime, SYSTEM) as tx:
        cadre = make_cadre(tx)
    with pytest.raises(errors.PostIsRisky), transaction(runtime, cadre.actor) as tx:
        visits.release_post(tx, post)


def test_a_picture_that_could_not_be_fetched_is_asked_about_again_and_shown(
    runtime: Runtime, door: Door, checker: FakeChecker, clock: MovableClock
) -> None:
    picture = make_file(runtime, door.keeper.actor)
    post = make_visit(runtime, door, share=a_share("灯修好了", picture)).id
    while media_worker.work_once(runtime):
        pass
    for asked in range(1, 4):
        assert decide(runtime, f"trace-{asked}", Verdict.UNAVAILABLE)
        assert media_worker.work_once(runtime) == 0, "not at once: whoever was away may need a moment"
        later(clock, minutes=1)
        assert media_worker.work_once(runtime) == 1
    assert len(set(checker.asked)) == 4, "each time under another address"
    assert state(runtime, post) == "shown"
    assert [one.file_ids for one in shown(runtime, door)] == [()]
    assert decide(runtime, "trace-4", Verdict.PASS)
    assert [one.file_ids for one in shown(runtime, door)] == [(picture,)]


def test_a_picture_that_cannot_be_fetched_for_an_hour_is_for_a_cadre(
    runtime: Runtime, door: Door, clock: MovableClock
) -> None:
    post = make_visit(runtime, door, share=a_share("灯修好了", make_file(runtime, door.keeper.actor))).id
    while media_worker.work_once(runtime):
        pass
    decide(runtime, "trace-1", Verdict.UNAVAILABLE)
    later(clock, hours=1)
    media_worker.work_once(runtime)
    assert decide(runtime, "trace-2", Verdict.UNAVAILABLE)
    assert state(runtime, post) == "held"
    later(clock, hours=1)
    assert media_worker.work_once(runtime) == 0


def test_silence_is_asked_about_once_more_and_then_held_for_a_cadre_who_may_release_it(
    runtime: Runtime, door: Door, checker: FakeChecker, clock: MovableClock
) -> None:
    picture = make_file(runtime, door.keeper.actor)
    post = make_visit(runtime, door, share=a_share("灯修好了", picture)).id
    while media_worker.work_once(runtime):
        pass
    for asked, found in ((2, "shown"), (2, "held")):
        later(clock, minutes=31)
        media_worker.work_once(runtime)
        assert (len(checker.asked), state(runtime, post)) == (asked, found)
    with transaction(runtime, SYSTEM) as tx:
        cadre, foreign = make_cadre(tx), make_cadre(tx, "外村干部", path="419001/101/204/")
    with reading(runtime) as db:
        assert [one.id for one in feeds.waiting_page(db, runtime.vault, actor=cadre.actor)] == [post]
        assert feeds.waiting_page(db, runtime.vault, actor=foreign.actor) == []
    with pytest.raises(errors.PostNotFound), transaction(runtime, foreign.actor) as tx:
        visits.release_post(tx, post)
    with transaction(runtime, cadre.actor) as tx:
        visits.release_post(tx, post)
    assert [one.file_ids for one in shown(runtime, door)] == [(picture,)]
    assert not decide(runtime, "trace-1", Verdict.RISKY)


def test_a_cadres_hiding_is_not_undone_by_a_later_verdict(runtime: Runtime, door: Door) -> None:
    post = make_visit(runtime, door, share=a_share("灯修好了", make_file(runtime, door.keeper.actor))).id
    while media_worker.work_once(runtime):
        pass
    with transaction(runtime, SYSTEM) as tx:
        cadre = make_cadre(tx)
    with transaction(runtime, cadre.actor) as tx:
        visits.hide_post(tx, post, reason="other")
    decide(runtime, "trace-1", Verdict.PASS)
    assert state(runtime, post) == "hidden"
    assert list(shown(runtime, door)) == []


def test_a_picture_that_arrives_after_its_post_is_checked_when_it_is_there(
    runtime: Runtime, door: Door, checker: FakeChecker
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        file_id = tx.new_id()
    make_visit(runtime, door, share=a_share("灯修好了", file_id))
    while media_worker.work_once(runtime):
        pass
    assert checker.asked == []
    make_file(runtime, door.keeper.actor, file_id=file_id)
    while media_worker.work_once(runtime):
        pass
    assert len(checker.asked) == 1
    decide(runtime, "trace-1", Verdict.PASS)
    assert [one.file_ids for one in shown(runtime, door)] == [(file_id,)]


def test_a_picture_that_never_comes_is_given_up_and_the_words_stay_shown(
    runtime: Runtime, door: Door, clock: MovableClock
) -> None:
    post = make_visit(runtime, door, share=a_share("灯修好了", door.household_id)).id
    media_worker.work_once(runtime)
    later(clock, days=6)
    media_worker.work_once(runtime)
    assert state(runtime, post) == "shown"
    with reading(runtime) as db:
        assert sorted(db.scalars(select(Check.state))) == ["dropped", "passed"]


def test_a_strangers_picture_cannot_be_shown_by_naming_it(runtime: Runtime, door: Door, checker: FakeChecker) -> None:
    with transaction(runtime, SYSTEM) as tx:
        stranger = make_keeper(tx, "马会计")
    foreign = make_file(runtime, stranger.actor, a_picture(colour="red"))
    make_visit(runtime, door, file_ids=(foreign,), share=a_share("灯修好了", foreign))
    while media_worker.work_once(runtime):
        pass
    assert checker.asked == []
    assert [one.file_ids for one in shown(runtime, door)] == [()]
    with reading(runtime) as db:
        assert not feeds.may_see_file(db, door.keeper.actor, foreign)


def test_who_may_see_the_visit_or_the_feed_may_see_its_pictures(runtime: Runtime, door: Door) -> None:
    private, public = make_file(runtime, door.keeper.actor), make_file(runtime, door.keeper.actor)
    make_visit(runtime, door, file_ids=(private, public), share=a_share("灯修好了", public))
    while media_worker.work_once(runtime):
        pass
    with transaction(runtime, SYSTEM) as tx:
        of_house = make_villager(tx, door.household_id)
        neighbour = make_villager(tx, make_door(runtime).household_id, "赵四")
        cadre = make_cadre(tx)

    def sees(actor: object, file_id: UUID) -> bool:
        with reading(runtime) as db:
            return feeds.may_see_file(db, actor, file_id)  # type: ignore[arg-type]

    assert [sees(one.actor, private) for one in (of_house, cadre, neighbour)] == [True, True, False]
    assert not sees(neighbour.actor, public)
    decide(runtime, "trace-1", Verdict.PASS)
    assert sees(neighbour.actor, public)
    with reading(runtime) as db:
        assert db.get_one(File, private).verdict == "waiting"


def test_a_household_that_takes_its_consent_back_is_heard_at_once_and_from_then_on(
    runtime: Runtime, door: Door, clock: MovableClock
) -> None:
    picture = make_file(runtime, door.keeper.actor)
    make_visit(runtime, door, share=a_share("灯修好了", picture))
    while media_worker.work_once(runtime):
        pass
    decide(runtime, "trace-1", Verdict.PASS)
    with transaction(runtime, SYSTEM) as tx:
        of_house = make_villager(tx, door.household_id)
        neighbour = make_villager(tx, make_door(runtime).household_id, "赵四")
    assert [one.file_ids for one in shown(runtime, door)] == [(picture,)]

    def says(*, is_given: bool) -> None:
        with transaction(runtime, of_house.actor) as tx:
            version = tx.runtime.presets["consents"]["pictures"].version
            identity.record_consent(tx, consent_id=tx.new_id(), purpose="pictures", version=version, is_given=is_given)

    says(is_given=False)
    assert [(one.words, one.file_ids) for one in shown(runtime, door)] == [("灯修好了", ())]
    with reading(runtime) as db:
        assert not feeds.may_see_file(db, neighbour.actor, picture)
    with pytest.raises(errors.PicturesNeedConsent):
        make_visit(runtime, door, share=a_share("又去了", picture))
    later(clock, seconds=1)
    says(is_given=True)
    make_visit(runtime, door, share=a_share("又去了", picture))

"""The demo village's last months: every screen of the loop has something to show, made by the real actions, whole in the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from app.commands.demo import import_areas
from app.demo import seed, story
from app.demo.cast import COUNCIL, COUNTY, STAGE, TOWN
from app.demo.then import Stage
from app.demo.town import Size
from app.domains.appraisals.models import Appraisal, Panel, Seat, Title
from app.domains.cases import queries as cases
from app.domains.cases.models import Case, CaseEntry, Party
from app.domains.identity import queries as identity
from app.domains.notices import queries as notices
from app.domains.notices.models import Message
from app.domains.points import queries as points
from app.domains.points.models import PointsAccount, Transfer
from app.domains.visits.models import Comment, Post
from app.kernel.access import unscoped
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from bot import media_worker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SMALL = Size(households=1_500, members=100)


@pytest.fixture
def told(runtime: Runtime) -> Runtime:
    """A small town in whose first village everything has happened."""
    import_areas(runtime)
    seed.seed_town(runtime, seed.FIRST_TOWN, months=4, size=SMALL, progress=lambda _what, _count: None)
    assert story.tell(runtime)
    return runtime


def test_the_village_has_something_in_every_stage_and_is_whole(told: Runtime) -> None:
    _cases_stand_everywhere(told)
    _deeds_stand_everywhere(told)
    _the_ledger_is_whole(told)
    _nobody_is_rung_up_about_the_past(told)
    _no_office_is_empty(told)
    _the_feed_is_alive(told)
    assert not story.tell(told), "what was told is not told again"


@unscoped("a test reads everything")
def _cases_stand_everywhere(runtime: Runtime) -> None:
    with reading(runtime) as db:
        stages = {kind: set(db.scalars(select(Case.stage).where(Case.kind == kind))) for kind in ("whistle", "errand")}
        ratings = set(db.scalars(select(Case.rating)))
        rungs = db.scalars(select(CaseEntry.detail["office"].astext).where(CaseEntry.kind == "climbed")).all()
        owner = db.scalar(select(Party.person_id).where(Party.party == "owner", Party.state == "asked").limit(1))
    assert {"received", "sorting", "working", "answered", "recheck", "closed", "refused"} <= stages["whistle"]
    assert {"asked", "outside", "back", "closed"} <= stages["errand"]
    assert {"满意", "基本满意"} <= ratings
    assert {"secretary@village", "dispatcher@town"} <= set(rungs)
    assert owner is not None


@unscoped("a test reads everything")
def _deeds_stand_everywhere(runtime: Runtime) -> None:
    with reading(runtime) as db:
        stages = {kind: set(db.scalars(select(Appraisal.stage).where(Appraisal.kind == kind))) for kind in _KINDS}
        titles = db.scalar(select(func.count()).select_from(Title))
        sat = Counter(db.execute(select(Seat.appraisal_id, Seat.round).where(Seat.state != "released")).all())
        reviews = db.scalar(select(func.count()).select_from(Panel).where(Panel.is_review))
    assert stages["deed"] == {"checking", "judging", "published", "objected", "in_force", "refused"}
    assert stages["star_household"] == {"trial", "judging", "in_force"}
    assert titles == 1
    assert set(sat.values()) == {3, 5}
    assert reviews == 1


_KINDS = ("deed", "star_household")


@unscoped("a test reads everything")
def _the_ledger_is_whole(runtime: Runtime) -> None:
    with reading(runtime) as db:
        assert points.health(db).is_well
        holders = db.scalar(select(func.count()).where(PointsAccount.kind == "household", PointsAccount.balance > 0))
        awards = db.scalar(select(func.count()).where(Transfer.kind == "award", Transfer.subject == "appraisal"))
    assert (holders or 0) > 20
    assert awards == 36


def _nobody_is_rung_up_about_the_past(runtime: Runtime) -> None:
    with reading(runtime) as db:
        waiting = db.execute(select(Message.created_at).where(Message.state == "waiting")).scalars().all()
        heard = db.scalar(select(func.count()).where(Message.state == "sent", Message.read_at.is_not(None)))
    assert waiting
    assert min(waiting) > Stage(runtime).ago(hours=1)
    assert (heard or 0) > len(waiting)


def _no_office_is_empty(runtime: Runtime) -> None:
    kinds, now = runtime.presets["cases"].values(), runtime.clock.now()
    with reading(runtime) as db:
        assert not list(cases.vacancies(db, kinds, path=TOWN, now=now))
        assert identity.holders(db, "duty_officer", path=COUNTY, now=now)
        assert len(identity.holders(db, "council", path=STAGE, now=now)) == len(COUNCIL)
        assert notices.waiting_longer_than(db, now) >= 1


@unscoped("a test reads everything")
def _the_feed_is_alive(runtime: Runtime) -> None:
    while media_worker.work_once(runtime):
        pass
    with reading(runtime) as db:
        likes, comments = db.execute(select(func.sum(Post.like_count), func.sum(Post.comment_count))).one()
        unseen: Any = db.scalars(select(Comment.state).where(Comment.state != "shown")).all()
    assert likes > 100
    assert comments > 10
    assert not unseen


def test_nothing_is_pretended_where_real_people_live(runtime: Runtime) -> None:
    with pytest.raises(story.MayNotPretend):
        story.tell(replace(runtime, settings=replace(runtime.settings, mode="production")))

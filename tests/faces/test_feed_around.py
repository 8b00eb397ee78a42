"""What the feed tells around its posts: how the matter stands that a visit carried, one's own branch, the month's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, update

from app.domains.cases.models import Case
from app.domains.duties import sweeps as duties
from app.domains.members.models import Member
from app.domains.visits.models import Post
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from bot import media_worker
from tests.makers.areas import NEXT_VILLAGE, VILLAGE
from tests.makers.cases import Roster, make_roster, raise_case
from tests.makers.identity import bearer
from tests.makers.members import make_branch, make_member
from tests.makers.visits import Door, Someone, a_share, make_cadre, make_door, make_someone, make_villager, make_visit


class Village:
    """A village with every office, where a keeper has visited a household and shown it."""

    def __init__(self, runtime: Runtime, client: FlaskClient) -> None:
        self.runtime, self.client = runtime, client
        self.roster: Roster = make_roster(runtime)
        self.keeper = self.roster.keeper
        self.post_id = self.post()
        with transaction(runtime, SYSTEM) as tx:
            self.cadre = make_cadre(tx)
        home = make_door(runtime)
        with transaction(runtime, SYSTEM) as tx:
            self.neighbour = make_villager(tx, home.household_id, "王桂兰")

    def post(self, *, ago: int = 0) -> UUID:
        """A post that everybody in the village sees."""
        door = Door(self.roster.household_id, self.keeper, "")
        post_id = make_visit(self.runtime, door, share=a_share("三组的灯看过了")).id
        work(self.runtime)
        with transaction(self.runtime, SYSTEM) as tx:
            tx.db.execute(
                update(Post).where(Post.id == post_id).values(posted_at=Post.posted_at - timedelta(minutes=ago))
            )
        return post_id

    def whistle(self, who: Someone | None = None, **changes: Any) -> UUID:
        """Somebody raises a matter at the door of the visit."""
        more = {"household_id": self.roster.household_id, "visit_id": self.post_id, **changes}
        return raise_case(self.runtime, who or self.keeper, **more).id

    def end(self, case_id: UUID, outcome: str, **more: Any) -> None:
        """The matter comes to its end."""
        ended = {"outcome": outcome, "closed_at": self.runtime.clock.now(), **more}
        with transaction(self.runtime, SYSTEM) as tx:
            tx.db.execute(update(Case).where(Case.id == case_id).values(**ended))

    def feed(self, who: Someone, query: str = "") -> Any:
        """What somebody sees."""
        answer = self.client.get(f"/api/v1/feed{query}", headers=bearer(who.token))
        assert answer.status_code == 200, answer.text
        return answer.json

    def told(self, who: Someone) -> list[tuple[str, str, str | None]]:
        """What one post tells somebody of the matters that its visit carried."""
        (post,) = [one for one in self.feed(who)["posts"] if one["id"] == str(self.post_id)]
        return [(one["words"], one["standing"], one["case_id"]) for one in post["matters"]]


def work(runtime: Runtime) -> None:
    while media_worker.work_once(runtime):
        pass


@pytest.fixture
def village(runtime: Runtime, client: FlaskClient) -> Village:
    return Village(runtime, client)


def test_a_post_says_how_its_whistle_stands_and_which_it_is_to_those_alone_who_may_see_it(village: Village) -> None:
    assert village.told(village.neighbour) == []
    case_id = village.whistle()
    assert village.told(village.neighbour) == [("吹了哨", "working", None)]
    village.end(case_id, "solved")
    assert village.told(village.neighbour) == [("吹了哨", "solved", None)]
    for who in (village.keeper, village.cadre):
        assert village.told(who) == [("吹了哨", "solved", str(case_id))]
    assert "habitat" not in str(village.feed(village.neighbour))


def test_of_a_strict_matter_of_somebody_elses_and_of_one_that_ended_otherwise_nothing_is_said(village: Village) -> None:
    village.whistle(category="order")
    village.whistle(village.roster.villager)
    village.end(village.whistle(), "withdrawn")
    for who in (village.neighbour, village.keeper, village.cadre):
        assert village.told(who) == []


def test_a_whistle_that_joined_another_stands_as_that_one(village: Village) -> None:
    first = raise_case(village.runtime, village.roster.villager).id
    village.end(village.whistle(), "merged", merged_into=first)
    assert village.told(village.neighbour) == [("吹了哨", "working", None)]
    village.end(first, "solved")
    assert village.told(village.neighbour) == [("吹了哨", "solved", None)]


def test_a_phone_that_asks_again_learns_that_the_matter_is_solved(village: Village) -> None:
    case_id = village.whistle()
    headers = bearer(village.neighbour.token)
    tag = {"If-None-Match": village.client.get("/api/v1/feed", headers=headers).headers["ETag"]}
    assert village.client.get("/api/v1/feed", headers=headers | tag).status_code == 304
    village.end(case_id, "solved")
    assert village.client.get("/api/v1/feed", headers=headers | tag).status_code == 200


def test_however_many_posts_have_whistles_they_take_one_statement_more(village: Village) -> None:
    village.whistle()
    for _ in range(4):
        village.whistle(visit_id=village.post())
    said: list[str] = []
    event.listen(village.runtime.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    village.feed(village.neighbour)
    assert len(said) == 4


def shown_by(runtime: Runtime, name: str, *, path: str = VILLAGE, branch_id: UUID | None = None) -> Someone:
    """A member who has shown a visit."""
    with transaction(runtime, SYSTEM) as tx:
        member_id = make_member(tx, name, path=path, branch_id=branch_id)
        keeper = make_someone(tx, member_id, "party_member", path=path)
    make_visit(runtime, make_door(runtime, path=path, keeper=keeper), share=a_share(f"{name}的走访"))
    return keeper


def words_of(page: Any) -> Sequence[str]:
    return sorted(post["words"] for post in page["posts"])


def test_a_member_sees_what_his_branch_has_shown_in_whichever_village_and_others_see_none(village: Village) -> None:
    with transaction(village.runtime, SYSTEM) as tx:
        ours, other = make_branch(tx, "留村一支部"), make_branch(tx, "留村二支部")
    mine = shown_by(village.runtime, "段永安", branch_id=ours)
    mate = shown_by(village.runtime, "苗爱红", path=NEXT_VILLAGE, branch_id=ours)
    shown_by(village.runtime, "尚春生", branch_id=other)
    shown_by(village.runtime, "孔令先", path="419001/102/201/", branch_id=ours)
    work(village.runtime)
    for who in (mine, mate):
        assert words_of(village.feed(who, "?area=branch")) == ["段永安的走访", "苗爱红的走访"]
    for who in (village.keeper, village.neighbour, village.cadre):
        assert words_of(village.feed(who, "?area=branch")) == []
    with transaction(village.runtime, SYSTEM) as tx:
        tx.db.execute(update(Member).where(Member.person_id == mate.person_id).values(state="left"))
    assert words_of(village.feed(mine, "?area=branch")) == ["段永安的走访"]
    assert words_of(village.feed(mate, "?area=branch")) == []


def test_one_is_told_of_ones_own_branch_alone(village: Village) -> None:
    with transaction(village.runtime, SYSTEM) as tx:
        branch_id = make_branch(tx, "留村一支部")
    mine = shown_by(village.runtime, "段永安", branch_id=branch_id)
    branches = [
        (village.client.get("/api/v1/me", headers=bearer(who.token)).json or {})["branch"]
        for who in (mine, village.keeper, village.neighbour)
    ]
    assert branches == ["留村一支部", None, None]


def test_the_month_is_counted_where_one_looks(village: Village) -> None:
    with transaction(village.runtime, SYSTEM) as tx:
        branch_id = make_branch(tx, "留村一支部")
    duties.open_due_periods(village.runtime)
    mine = shown_by(village.runtime, "段永安", branch_id=branch_id)
    make_door(village.runtime, keeper=mine)
    make_door(village.runtime, path=NEXT_VILLAGE, keeper=mine)
    duties.add_missing_duties(village.runtime)
    village.end(village.whistle(), "solved")
    village.end(raise_case(village.runtime, village.roster.villager, category="order").id, "solved")

    def month(who: Someone, area: str) -> Any:
        return village.client.get(f"/api/v1/feed/month?area={area}", headers=bearer(who.token)).json

    assert month(mine, "branch") == {"visitors": 1, "visited": 1, "owed": 2, "solved": 0}
    near, far = month(mine, "village"), month(village.neighbour, "town")
    assert (near["solved"], far["owed"] - near["owed"], far["visited"]) == (1, 1, near["visited"])
    assert month(village.keeper, "branch") == {"visitors": 0, "visited": 0, "owed": 0, "solved": 0}

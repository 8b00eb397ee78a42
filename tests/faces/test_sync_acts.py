"""Acts from a phone without signal: urging, more time, votes, first looks, doors looked in at; late ones are told kindly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.domains.appraisals.models import Appraisal, Panel, Seat, Vote
from app.domains.cases.models import CaseEntry, Timer
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from miniprogram_api.ballots import DEEDS as BALLOTS
from miniprogram_api.cases import DEEDS as CASES
from miniprogram_api.deliveries import RECEIVED, Counter, Item
from tests.conftest import MORNING
from tests.faces.test_sync import states, sync, waiting
from tests.faces.test_sync_order import arrivals
from tests.makers.appraisals import (
    Village,
    checked,
    declared,
    make_village,
    now_of,
    objected,
    published,
    seats,
    voter_of,
    wait_until,
)
from tests.makers.cases import Roster, go, make_roster, raise_case, timeline, timers_of
from tests.makers.identity import bearer
from tests.makers.visits import Someone, make_someone

KINDS = {**CASES, **BALLOTS}


@pytest.fixture
def roster(runtime: Runtime) -> Roster:
    return make_roster(runtime)


@pytest.fixture
def village(runtime: Runtime) -> Village:
    return make_village(runtime)


def act(kind: str, /, **body: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": kind, "body": {key: _sent(value) for key, value in body.items()}}


def _sent(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def told(answer: dict[str, Any]) -> tuple[str, str | None]:
    (receipt,) = answer["receipts"]
    return receipt["state"], receipt["code"]


def a_vote(deed: UUID, **changes: Any) -> dict[str, Any]:
    return act("appraisal_vote", appraisal_id=deed, is_yes=True, points=5, reason="lasting", **changes)


def on_panel(runtime: Runtime, village: Village, deed: UUID) -> list[Someone]:
    return [voter_of(village, seat) for seat in seats(runtime, deed)]


# ------------------------------------------------------------------ matters


def test_urging_a_matter_that_is_still_in_another_phone_waits_for_it(
    client: FlaskClient, runtime: Runtime, roster: Roster
) -> None:
    matter = act("case", kind="whistle", category="habitat", form={"text": "灯坏了"})
    urge = act("case_urge", case_id=matter["id"])
    assert states(sync(client, roster.villager, urge)) == ["waiting"]
    answer = sync(client, roster.villager, matter)
    assert [(one["id"], one["label"]) for one in answer["settled"]] == [(urge["id"], "已收")]
    assert timeline(runtime, UUID(matter["id"])) == ["opened", "urged"]


def test_urged_from_two_phones_one_message_goes_out_and_the_other_reads_when_again(
    client: FlaskClient, runtime: Runtime, roster: Roster
) -> None:
    case_id = raise_case(runtime, roster.villager).id
    first, second = act("case_urge", case_id=case_id), act("case_urge", case_id=case_id)
    assert told(sync(client, roster.villager, first)) == ("received", None)
    answer = sync(client, roster.villager, second)
    assert told(answer) == ("conflict", "cases.urged_lately")
    assert "以后还能再催" in answer["receipts"][0]["message"]
    assert told(sync(client, roster.villager, first)) == ("received", None)
    assert timeline(runtime, case_id).count("urged") == 1


def test_the_single_route_and_the_queue_urge_and_extend_once(
    client: FlaskClient, runtime: Runtime, roster: Roster
) -> None:
    case_id = in_work(runtime, roster)
    for who, item, path in (
        (roster.villager, act("case_urge", case_id=case_id), "urge"),
        (roster.keeper, act("case_extend", case_id=case_id, clock="solve", reason="等配件"), "extend"),
    ):
        body = {key: value for key, value in item["body"].items() if key != "case_id"}
        single = client.post(
            f"/api/v1/cases/{case_id}/{path}", json={**body, "id": item["id"]}, headers=bearer(who.token)
        )
        assert single.status_code == 201, single.text
        assert sync(client, who, item)["receipts"][0]["answer"] == single.json
    assert timers_of(runtime, case_id)["solve"].extended == 1


def in_work(runtime: Runtime, roster: Roster) -> UUID:
    case_id = raise_case(runtime, roster.villager).id
    go(runtime, roster.keeper, case_id, "accept")
    go(runtime, roster.keeper, case_id, "confirm", text="去看了")
    go(runtime, roster.keeper, case_id, "do_self")
    return case_id


def test_more_time_that_arrives_when_the_time_is_over_is_told_and_changes_nothing(
    client: FlaskClient, runtime: Runtime, roster: Roster, clock: MovableClock
) -> None:
    case_id = in_work(runtime, roster)
    due_at = timers_of(runtime, case_id)["solve"].due_at
    clock.set(due_at + timedelta(minutes=1), rate=0)
    item = act("case_extend", case_id=case_id, clock="solve", reason="等配件")
    answer = sync(client, renewed(runtime, roster.keeper, "party_member"), item)
    assert told(answer) == ("conflict", "cases.may_not_extend")
    assert "时限已经过了" in answer["receipts"][0]["message"]
    assert timers_of(runtime, case_id)["solve"].due_at == due_at


class Hills:
    """One whistle on two phones without signal: the villager raises and urges, the keeper takes it, does it, asks for time."""

    def __init__(self, runtime: Runtime, roster: Roster) -> None:
        self.runtime, self.villager, self.keeper = runtime, roster.villager, roster.keeper
        self.ids = [uuid4() for _ in range(6)]

    def queue(self) -> list[tuple[Someone, Item]]:
        case, urge, *steps = self.ids
        words = {"kind": "whistle", "category": "habitat", "form": {"text": "灯坏了"}}
        moves: list[dict[str, Any]] = [
            {"move": "accept"}, {"move": "confirm", "form": {"text": "去看了"}}, {"move": "do_self"},
        ]  # fmt: skip
        chain = [
            (self.keeper, self._item(one, "case_move", {**move}, after=before, target=case))
            for one, move, before in zip(steps, moves, [None, *steps], strict=False)
        ]
        more = self._item(steps[3], "case_extend", {"clock": "solve", "reason": "等配件"}, after=steps[2], target=case)
        mine = [(self.villager, self._item(case, "case", words)), (self.villager, self._item(urge, "case_urge", {}, target=case))]  # fmt: skip
        return [*mine, *chain, (self.keeper, more)]

    @staticmethod
    def _item(item_id: UUID, kind: str, body: dict[str, Any], *, after: UUID | None = None, target: UUID | None = None) -> Item:  # fmt: skip
        return Item(item_id, kind, KINDS[kind].form.model_validate({**body, "id": item_id}), target, after)

    def receive(self, batches: Sequence[Sequence[int]]) -> None:
        queue = self.queue()
        for position in [each for batch in batches for each in batch]:
            who, item = queue[position]
            counter = Counter(self.runtime, who.actor, KINDS)
            done = [counter.take(item), *counter.settle()]
            counter.follow([one.id for one in done if one.state == RECEIVED])

    def rows(self) -> Any:
        place = {each: n for n, each in enumerate(self.ids)}
        with reading(self.runtime) as db:
            entries = db.scalars(select(CaseEntry).where(CaseEntry.case_id == self.ids[0])).all()
            timers = db.scalars(select(Timer).where(Timer.case_id == self.ids[0])).all()
        return {
            "timeline": sorted((e.kind, e.move, e.by_party, place.get(e.id, -1)) for e in entries),
            "clocks": sorted((t.name, t.state, t.due_at, t.extended) for t in timers),
        }


def test_any_order_any_prefix_and_any_repetition_of_what_was_done_about_a_matter_ends_in_the_same(
    runtime: Runtime,
) -> None:
    roster = make_roster(runtime)
    straight = Hills(runtime, roster)
    straight.receive([range(6)])
    assert straight.rows()["timeline"][0][0] == "extended"

    @settings(max_examples=20, deadline=None)
    @given(batches=arrivals(6))
    def ends_in_the_same_rows(batches: list[list[int]]) -> None:
        shuffled = Hills(runtime, roster)
        shuffled.receive(batches)
        assert shuffled.rows() == straight.rows()

    ends_in_the_same_rows()


# ------------------------------------------------------------------ ballots


@st.composite
def ballots(draw: st.DrawFn) -> list[tuple[bool, int]]:
    """What three say, with points where they say yes."""
    one = st.tuples(st.booleans(), st.integers(min_value=5, max_value=10))
    return draw(st.lists(one, min_size=3, max_size=3))


class Council:
    """A deed that waits for three votes, and what stands when they have come."""

    def __init__(self, runtime: Runtime, village: Village) -> None:
        self.runtime, self.village = runtime, village
        self.deed = declared(runtime, village.villager)
        checked(runtime, village.clerk, self.deed)
        self.voters = on_panel(runtime, village, self.deed)
        self.ids = [uuid4() for _ in self.voters]

    def receive(self, said: list[tuple[bool, int]], batches: Sequence[Sequence[int]]) -> list[list[str]]:
        """Each vote as it comes; what a counter has told besides."""
        return [[self._take(place, said[place]) for place in batch] for batch in batches]

    def _take(self, place: int, said: tuple[bool, int]) -> str:
        is_yes, points = said
        body = {
            "id": self.ids[place], "appraisal_id": self.deed, "round": 1, "is_yes": is_yes,
            "points": points if is_yes else 0, "reason": "lasting" if is_yes else "not_found", "words": f"第 {place} 票",
        }  # fmt: skip
        item = Item(self.ids[place], "appraisal_vote", KINDS["appraisal_vote"].form.model_validate(body))
        delivered = Counter(self.runtime, self.voters[place].actor, KINDS).take(item)
        assert b"judging" in (delivered.answer or b""), "a voter is not told what his vote has decided"
        return delivered.state

    def rows(self) -> Any:
        with reading(self.runtime) as db:
            panel = db.get_one(Panel, (self.deed, 1))
            votes = db.execute(
                select(Vote.is_yes, Vote.points, Vote.reason)
                .join(Seat, Seat.id == Vote.seat_id)
                .where(Seat.appraisal_id == self.deed)
            )
            return {
                "stage": db.get_one(Appraisal, self.deed).stage,
                "verdict": (panel.is_yes, panel.points, panel.yes_count, panel.no_count, panel.reason),
                "votes": sorted(tuple(row) for row in votes),
            }


def test_votes_in_any_order_and_repetition_give_the_same_verdict(runtime: Runtime, village: Village) -> None:
    @settings(max_examples=12, deadline=None)
    @given(said=ballots(), batches=arrivals(3))
    def gives_the_same_verdict(said: list[tuple[bool, int]], batches: list[list[int]]) -> None:
        straight, shuffled = Council(runtime, village), Council(runtime, village)
        straight.receive(said, [range(3)])
        answers = shuffled.receive(said, batches)
        assert {state for batch in answers for state in batch} == {"received"}
        assert shuffled.rows() == straight.rows()

    gives_the_same_verdict()


def test_a_vote_that_comes_after_the_seat_was_given_on_is_told_kindly_and_stays(
    client: FlaskClient, runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    late = on_panel(runtime, village, deed)[0]
    wait_until(runtime, clock, seats(runtime, deed)[0].due_at)
    item = a_vote(deed, round=1)
    for _ in range(2):
        answer = sync(client, renewed(runtime, late, "council"), item)
        assert told(answer) == ("conflict", "appraisals.seat_over")
        assert "没赶上" in answer["receipts"][0]["message"]
        assert "不怪您" in answer["receipts"][0]["message"]
    assert waiting(client, renewed(runtime, late, "council")) == [], "it does not wait for anything"
    with reading(runtime) as db:
        assert db.scalars(select(Vote)).all() == []


def renewed(runtime: Runtime, who: Someone, role: str) -> Someone:
    """The same person signed in again, for a session does not outlive a week."""
    with transaction(runtime, SYSTEM) as tx:
        return make_someone(tx, who.person_id, role)


def test_a_vote_for_the_first_round_is_not_taken_for_the_second(client: FlaskClient, runtime: Runtime) -> None:
    village = make_village(runtime, council=3)
    deed = published(runtime, village)
    objected(runtime, village.neighbours[0], deed)
    (voter, *_) = on_panel(runtime, village, deed)
    assert told(sync(client, voter, a_vote(deed, round=1))) == ("conflict", "appraisals.seat_over")
    assert told(sync(client, voter, act("appraisal_aside", appraisal_id=deed, round=1, reason="kin"))) == (
        "conflict",
        "appraisals.seat_over",
    )
    assert told(sync(client, voter, a_vote(deed, round=2))) == ("received", None)
    again = sync(client, voter, a_vote(deed, round=2))
    assert told(again) == ("conflict", "appraisals.seat_over")
    assert "已经评过" in again["receipts"][0]["message"]


def test_who_was_never_drawn_learns_nothing_from_the_queue(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    drawn = {each.person_id for each in on_panel(runtime, village, deed)}
    bystander = next(each for each in village.council if each.person_id not in drawn)
    for who in (bystander, village.neighbours[0], village.villager):
        assert sync(client, who, a_vote(deed))["receipts"][0] | {"id": None} == sync(client, who, a_vote(uuid4()))[
            "receipts"
        ][0] | {"id": None}


def test_the_first_look_of_the_second_who_looks_is_told_that_it_went_on(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    deed = declared(runtime, village.villager)
    fine = act("appraisal_check", appraisal_id=deed, is_fine=True)
    assert told(sync(client, village.clerk, fine)) == ("received", None)
    refused = act("appraisal_check", appraisal_id=deed, is_fine=False, reason="unclear")
    assert told(sync(client, village.secretary, refused)) == ("conflict", "appraisals.already_moved")
    assert told(sync(client, village.clerk, fine)) == ("received", None)
    assert now_of(runtime, deed).stage == "judging"


def test_looks_of_two_days_that_arrive_together_both_count_and_one_day_counts_once(
    client: FlaskClient, runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    star = declared(runtime, village.villager, kind="star_household", items=("harmony", "kind"))
    checked(runtime, village.clerk, star)
    clock.set(MORNING + timedelta(days=3), rate=0)
    made = [MORNING + timedelta(days=1), MORNING + timedelta(days=2), MORNING + timedelta(days=2, hours=3)]
    looks = [act("appraisal_look", appraisal_id=star, made_at=each.isoformat()) for each in made]
    looker = village.council[0]
    assert states(sync(client, looker, *looks)) == ["received", "received", "conflict"]
    assert now_of(runtime, star).looks == 2
    (tried,) = client.get("/api/v1/appraisals/looks", headers=bearer(looker.token)).json["looks"]
    assert tried["looked_today"] is False
    unbelievable = act("appraisal_look", appraisal_id=star, made_at=(MORNING + timedelta(days=9)).isoformat())
    assert told(sync(client, looker, unbelievable)) == ("received", None), "it counts for today"
    (tried,) = client.get("/api/v1/appraisals/looks", headers=bearer(looker.token)).json["looks"]
    assert (tried["looks"], tried["looked_today"]) == (3, True)

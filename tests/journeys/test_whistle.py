"""A villager whistles: phones ring one after the other until somebody comes, and only the villager's word closes it."""

from __future__ import annotations

import random
import threading
from collections.abc import Collection
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
import requests
from sqlalchemy import select

from app.commands.people import path_given, person_given
from app.domains.areas.actions.officials import register_official
from app.domains.areas.models import Person
from app.domains.identity.actions import grant_role
from app.kernel.access import SYSTEM
from app.kernel.transaction import reading, transaction
from app.kernel.values import local_day
from tests.journeys.people import new_id, photo, said
from tests.journeys.roll import Resident
from tests.journeys.trouble import cut_off, insist
from tests.journeys.village import CODE, LI, MOTHER, NEIGHBOURS, SHANG, TOWN_CODE, WANG, ZHAO, Village, zone_of
from tests.stack import Phone, Stack, until

TOWN, COUNTY = TOWN_CODE, "419001/"
MENG_SECRETARY = Resident("孟宪礼", phone="13600500001")
CLERK = Resident("梁文书", phone="13600500002")
DISPATCHER = Resident("周敏", phone="13600500003")
OFFICER = Resident("丁建华", phone="13600500004")
OFFICES = (
    (MENG_SECRETARY, "secretary", CODE),
    (CLERK, "clerk", CODE),
    (DISPATCHER, "dispatcher", TOWN),
    (OFFICER, "duty_officer", COUNTY),
)
RINGS_WITHIN = (
    5.0  # seconds of real time, from the villager's tap to the member's screen; asked of a machine that is not busy
)
NEW, CLIMBED = "编号{number}，请在", "（{number}）过了时间还没动"


@pytest.fixture(scope="module", autouse=True)
def _offices(stack: Stack) -> None:
    """An operator has named the secretary, the clerk, the town's dispatcher and the county's officer on duty."""
    with stack.inside() as runtime, transaction(runtime, SYSTEM) as tx:
        for one, role, area in OFFICES:
            path = path_given(area)
            who = register_official(tx, name=one.name, area_path=path, phone=one.phone)
            grant_role(tx, grant_id=tx.new_id(), person_id=who, role=role, area_path=path)


class Whistle:
    """One matter on its way: who raised it, and what everybody does with it."""

    def __init__(self, villager: Phone, category: str = "living", *, dies_at: Collection[str] = ()) -> None:
        self.villager, self.stack, self.category, self.dies_at = villager, villager.stack, category, dies_at
        self.id = new_id(self.stack)
        self.number = ""

    def who_will_get(self) -> dict[str, Any]:
        """What the villager is shown before he sends anything."""
        return said(self.villager.post("cases/who-will-get", {"kind": "whistle", "category": self.category}))

    def blow(self) -> str:
        """Take a picture, send it, and whistle; the id of the picture."""
        file_id = send_photo(self.villager)
        form = {"text": "井里打不上水了", "photos": [file_id]}
        body = {"id": self.id, "kind": "whistle", "category": self.category, "form": form}
        opened = said(self._send("open", self.villager, "cases", body), 201)
        assert said(self.villager.post("cases", body), 201) == opened, "a tap too many changes nothing"
        self.number = opened["number"]
        return file_id

    def go(self, who: Phone, move: str, **form: Any) -> str:
        """Somebody makes a move; the stage in which it stands then."""
        body = {"id": new_id(self.stack), "move": move, "form": form}
        moved = said(self._send(move, who, f"cases/{self.id}/moves", body), 201)
        assert said(who.post(f"cases/{self.id}/moves", body), 201) == moved
        return str(moved["stage"])

    def seen_by(self, who: Phone) -> dict[str, Any]:
        """The case as somebody sees it."""
        return said(who.get(f"cases/{self.id}"))

    def happened(self) -> list[str]:
        """What has happened, in its order, as the villager sees it."""
        return [one["move"] or one["kind"] for one in self.seen_by(self.villager)["timeline"]]

    def rings(self, who: Phone, words: str, *, seconds: float = 90.0, times: int = 1) -> None:
        """Wait until somebody's phone has rung so often with these words about this matter, and not once more."""
        wanted = words.format(number=self.number)
        found = until(lambda: len(heard := rung(who, wanted)) >= times and heard, seconds=seconds)
        assert len(found) == times, found

    def an_hour_passes(self, *, dying: str) -> None:
        """Nobody acts for an hour; when things die on the way, this process is dead while it passes."""
        if not self.dies_at:
            self.stack.forward(minutes=61)
            return
        self.stack.kill(dying)
        self.stack.forward(minutes=61)
        self.stack.start(dying)

    def has_not_rung(self, who: Phone) -> bool:
        """Whether somebody has heard nothing of this matter."""
        return not rung(who, self.number)

    def _send(self, step: str, who: Phone, path: str, body: dict[str, Any]) -> requests.Response:
        if step in self.dies_at:
            return cut_off(self.stack, lambda: who.post(path, body))
        return insist(lambda: who.post(path, body))


def rung(phone: Phone, words: str) -> list[str]:
    """The SMS on a screen in which these words stand."""
    return [item["text"] for item in phone.screen("sms") if words in item["text"]]


def send_photo(phone: Phone) -> str:
    """Take a picture and send it; its id."""
    file_id, picture = new_id(phone.stack), photo()
    said(insist(lambda: phone.upload(f"media?id={file_id}", picture, "image/jpeg")), 201)
    return file_id


@pytest.fixture(scope="module")
def soon(full: bool) -> float:
    """How many seconds a phone may take to ring."""
    return RINGS_WITHIN if full else 90.0


def test_a_whistle_climbs_until_somebody_comes_and_ends_with_the_villagers_word(village: Village, soon: float) -> None:
    _walk(village, Whistle(village.call(SHANG)), soon=soon)


def test_a_whistle_comes_to_its_end_whatever_dies_on_the_way(village: Village, soon: float) -> None:
    _walk(village, Whistle(village.call(SHANG), dies_at=("open", "no")), soon=soon)


def _walk(village: Village, whistle: Whistle, *, soon: float) -> None:
    villager = whistle.villager
    keeper, secretary, dispatcher = (village.call(one) for one in (ZHAO, MENG_SECRETARY, DISPATCHER))
    (will_get,) = whistle.who_will_get()["will_get"]
    assert will_get["name"] == ZHAO.name
    file_id = whistle.blow()
    whistle.rings(keeper, NEW, seconds=soon)
    until(lambda: keeper.get(f"media/{file_id}").ok)
    assert whistle.has_not_rung(secretary)

    whistle.an_hour_passes(dying="worker")
    whistle.rings(secretary, CLIMBED)
    assert whistle.has_not_rung(dispatcher)
    whistle.an_hour_passes(dying="scheduler")
    whistle.rings(dispatcher, CLIMBED)

    assert whistle.go(dispatcher, "accept") == "sorting"
    whistle.rings(keeper, "（{number}）" + DISPATCHER.name + "接了")
    assert whistle.go(dispatcher, "confirm", text="去看了，水泵烧了") == "confirmed"
    clerk = village.call(CLERK)
    assert whistle.go(dispatcher, "whistle", unit="clerk@village", basis="村里的井归村里管") == "called"
    whistle.rings(clerk, NEW)
    assert whistle.go(clerk, "report", by=_tomorrow(whistle.stack), what="换水泵") == "working"
    assert whistle.go(clerk, "done", text="换了水泵", photos=[send_photo(clerk)]) == "answered"
    whistle.rings(villager, "（{number}）说是办好了")

    officer = village.call(OFFICER)
    assert whistle.has_not_rung(officer)
    assert whistle.go(villager, "no", text="水还是黄的") == "working"
    whistle.rings(officer, "（{number}）")
    assert whistle.seen_by(villager)["outcome"] is None
    assert whistle.go(clerk, "done", text="洗了井，水清了", photos=[send_photo(clerk)]) == "answered"
    whistle.rings(villager, "（{number}）说是办好了", times=2)
    assert whistle.go(villager, "yes", score="基本满意") == "closed"

    ended = whistle.seen_by(villager)
    assert (ended["outcome"], ended["rating"]) == ("solved", "基本满意")
    moves = ["accept", "confirm", "whistle", "report", "done", "no", "climbed", "done", "yes"]
    assert [one for one in whistle.happened() if one in moves] == ["climbed", "climbed", *moves]
    for who, words in ((keeper, NEW), (secretary, CLIMBED), (dispatcher, CLIMBED), (clerk, NEW)):
        whistle.rings(who, words)


def _tomorrow(stack: Stack) -> str:
    return (local_day(stack.clock.now()) + timedelta(days=1)).isoformat()


def test_two_who_accept_at_once_one_gets_it_and_the_other_hears_who(stack: Stack, village: Village) -> None:
    people = {one.name: village.call(one) for one in (ZHAO, MENG_SECRETARY)}
    whistle = Whistle(village.call(SHANG))
    whistle.blow()
    stack.forward(minutes=61)
    whistle.rings(people[MENG_SECRETARY.name], CLIMBED)
    together, answers = threading.Barrier(len(people)), {}

    def accept(name: str) -> None:
        body = {"id": new_id(stack), "move": "accept"}
        together.wait()
        answers[name] = people[name].post(f"cases/{whistle.id}/moves", body)

    taps = [threading.Thread(target=accept, args=(name,)) for name in people]
    for tap in taps:
        tap.start()
    for tap in taps:
        tap.join()
    (winner,) = [name for name, answer in answers.items() if answer.status_code == 201]
    (loser,) = people.keys() - {winner}
    refused = said(answers[loser], 409)
    assert winner in str(refused)
    assert whistle.happened().count("accept") == 1
    whistle.rings(people[loser], "（{number}）" + winner + "接了")


def test_silence_draws_a_re_checker_of_another_zone_whose_word_closes(stack: Stack, village: Village) -> None:
    with stack.inside() as runtime, transaction(runtime, SYSTEM) as tx:
        for one in (WANG, MOTHER, LI):
            who, path = person_given(tx, None, one.phone), path_given(CODE)
            grant_role(tx, grant_id=tx.new_id(), person_id=who, role="rechecker", area_path=path)
    keeper, villager = village.call(ZHAO), village.call(SHANG)
    checker, *near = (village.call(one) for one in (LI, WANG, MOTHER))
    whistle = Whistle(villager)
    whistle.blow()
    whistle.go(keeper, "accept")
    whistle.go(keeper, "confirm", text="井里没水了")
    whistle.go(keeper, "do_self")
    assert whistle.go(keeper, "done", text="换了水泵", photos=[send_photo(keeper)]) == "answered"
    whistle.rings(villager, "（{number}）说是办好了")

    stack.forward(days=4)
    whistle.rings(checker, "（{number}）。请在")
    assert all(whistle.has_not_rung(one) for one in near), "two of the keeper's zone are too near"
    checker, keeper, villager = (village.call(one) for one in (LI, ZHAO, SHANG))
    assert keeper.post(f"cases/{whistle.id}/moves", _yes(stack)).status_code in {403, 409}
    assert whistle.go(checker, "yes", score="满意") == "closed"
    assert whistle.seen_by(villager)["outcome"] == "solved"
    whistle.rings(keeper, "（{number}）结束了")


def _yes(stack: Stack) -> dict[str, Any]:
    return {"id": new_id(stack), "move": "yes", "form": {"score": "满意"}}


def test_a_keeper_on_leave_whose_deputy_cannot_be_reached_is_skipped_and_both_know(
    stack: Stack, village: Village, soon: float
) -> None:
    keeper, clerk, villager = (village.call(one) for one in (ZHAO, CLERK, SHANG))
    (mute,) = NEIGHBOURS[-1].residents
    person_id = _on_file(stack, mute.name)
    stack.command("member", "add", "--village", CODE, "--branch", "山口村党支部", person_id)
    today = local_day(stack.clock.now()).isoformat()
    leave = ("--absent", ZHAO.phone, "--deputy", mute.name, "--from", today, "--until", today)
    stack.command("zone", "deputy", "--village", CODE, *leave)
    whistle = Whistle(villager)
    shown = whistle.who_will_get()
    assert [one["name"] for one in shown["will_get"]] == [CLERK.name]
    assert [one["why"] for one in shown["passed"]] == ["联系不上"]
    whistle.blow()
    whistle.rings(clerk, NEW, seconds=soon)
    whistle.rings(keeper, "（{number}）因为联系不上，先请村文书办")
    assert not [heard for heard in rung(keeper, whistle.number) if "请在" in heard]
    assert whistle.go(clerk, "accept") == "sorting"


def _on_file(stack: Stack, name: str) -> str:
    """The number under which the village has somebody who gave no phone."""
    with stack.inside() as runtime, reading(runtime) as db:
        index = runtime.vault.index("areas_person.name", name)
        return str(db.scalars(select(Person.id).where(Person.name_index == index)).one())


def test_whistles_that_were_blown_at_doors_without_signal_arrive_in_any_order_and_twice(
    stack: Stack, village: Village
) -> None:
    stack.forward(days=1)
    member = village.call(ZHAO)
    orders = list(permutations(("visit", "case", "case_move")))
    trios = [_at_a_door(stack, home["id"]) for home in zone_of(member)[: len(orders)]]
    for trio, order in zip(trios, orders, strict=True):
        for kind in order:
            said(member.post("sync", {"items": [trio[kind]]}))
    assert said(member.get("sync/waiting"))["items"] == []
    everything = [item for trio in trios for item in trio.values()]
    random.Random(6).shuffle(everything)
    again = said(member.post("sync", {"items": everything}))["receipts"]
    assert [receipt["label"] for receipt in again] == ["已收"] * len(everything)

    mine = [one["id"] for one in said(member.get("cases/mine"))["cases"]]
    for trio in trios:
        whistle = Whistle(member)
        whistle.id = trio["case"]["id"]
        assert mine.count(whistle.id) == 1
        assert whistle.happened() == ["opened", "accept"]
        visits = said(member.get(f"households/{trio['visit']['body']['household_id']}/visits"))["visits"]
        assert [visit["id"] for visit in visits] == [trio["visit"]["id"]]


def _at_a_door(stack: Stack, household_id: str) -> dict[str, dict[str, Any]]:
    """What a member writes at a door: the visit, what is wrong there, and that he takes it up himself."""
    at, visit_id, case_id = stack.clock.now().isoformat(), new_id(stack), new_id(stack)
    form = {"text": "院墙要倒了"}
    bodies = {
        "visit": (visit_id, {"household_id": household_id, "visited_at": at, "kind": "door"}),
        "case": (case_id, {"visit_id": visit_id, "kind": "whistle", "category": "living", "form": form}),
        "case_move": (new_id(stack), {"case_id": case_id, "move": "accept"}),
    }
    return {kind: {"id": item_id, "kind": kind, "body": body} for kind, (item_id, body) in bodies.items()}

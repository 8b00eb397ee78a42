"""A good deed on its way: from a photo on the villager's phone, by the council and an objection, to points that ring."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from app.commands.people import person_given
from app.domains.identity.actions import grant_role
from app.kernel.access import SYSTEM
from app.kernel.transaction import transaction
from app.kernel.values import SHANGHAI
from tests.journeys.people import accept, choose_templates, new_id, photo, said
from tests.journeys.roll import Resident
from tests.journeys.trouble import Send, cut_off, insist, replace_killed
from tests.journeys.village import CODE, LI, MENG, MOTHER, NEIGHBOURS, PATH, SHANG, WANG, ZHAO, Village, household_of
from tests.stack import Phone, Stack, until

CLERK, OBJECTOR = MOTHER, WANG
COUNCIL = (ZHAO, LI, MENG, *(home.residents[0] for home in NEIGHBOURS[:3]))
WORDS, DOUBT = "把村口到学校那段路的落叶扫了", "那天我没看见他"
POINTS, SEATS = 5, 3
TAKEN, DOUBTED, DECIDED = (
    1,
    7,
    10,
)  # which thing that is sent: the picture, the doubt, the last vote of the second panel
RINGS = "example-points-arrived"
STEPS = [
    "declared", "checked", "panel_drawn", "judged", "published",
    "objected", "panel_drawn", "judged", "answered", "in_force",
]  # fmt: skip
Deliver = Callable[[Send], requests.Response]


@pytest.fixture(scope="module", autouse=True)
def offices(stack: Stack) -> None:
    """A clerk and a council of six, appointed by the town hall."""
    choose_templates(stack)
    stack.command("grant", "--phone", CLERK.phone, "clerk", CODE)
    with stack.inside() as runtime, transaction(runtime, SYSTEM) as tx:
        for who in COUNCIL:
            person_id = person_given(tx, None, who.phone)
            grant_role(tx, grant_id=tx.new_id(), person_id=person_id, role="council", area_path=PATH)


@dataclass
class Course:
    """One deed and those who carry it from hand to hand."""

    stack: Stack
    village: Village
    deliver: Deliver
    id: str = ""
    file_id: str = ""
    phones: dict[str, Phone] = field(default_factory=dict)

    def call(self, who: Resident) -> Phone:
        """Somebody's phone; the mini-program stays open for the day."""
        return self.phones.get(who.name) or self.phones.setdefault(who.name, self.village.call(who))

    def declare(self, who: Resident) -> None:
        """Take a picture of what was done, and send it with a few words."""
        phone, picture = self.call(who), photo()
        self.id, self.file_id = new_id(self.stack), new_id(self.stack)
        said(self.deliver(lambda: phone.upload(f"media?id={self.file_id}", picture, "image/jpeg")), 201)
        deed = {"kind": "deed", "items": ["clean_up"], "words": WORDS, "file_ids": [self.file_id]}
        told = self._send(phone, "appraisals", {"id": self.id, **deed, "has_picture_consent": True})
        assert told == {"id": self.id, "stage": "checking"}

    def check(self, who: Resident) -> None:
        """The clerk looks at the picture and the words, and lets it go on."""
        phone = self.call(who)
        waiting = until(lambda: self._with_picture(said(phone.get("appraisals/checks"))["checks"]))
        assert (waiting["words"], waiting["file_ids"]) == (WORDS, [self.file_id])
        assert phone.get(f"media/{self.file_id}").ok
        assert self._move(phone, "check", is_fine=True)["stage"] == "judging"

    def judge(self, *, objections: list[str]) -> set[str]:
        """Whoever is drawn is rung up, reads it blind and says yes; who they were."""
        asked = {who.name: ballot for who in COUNCIL if (ballot := self._ballot(who))}
        assert len(asked) == SEATS
        for who in COUNCIL:
            if who.name in asked:
                ballot, phone = asked[who.name], self.call(who)
                assert (ballot["words"], ballot["objections"]) == (WORDS, objections)
                self._move(phone, "vote", is_yes=True, points=POINTS, reason="true_and_good")
        return set(asked)

    def object_to(self, who: Resident) -> None:
        """A neighbour reads the board and does not believe it."""
        phone = self.call(who)
        board = "appraisals/published"
        shown = until(lambda: self._with_picture(said(phone.get(board))["appraisals"]))
        assert (shown["words"], shown["points"], shown["may_object"]) == (WORDS, POINTS, True)
        assert phone.get(f"media/{self.file_id}").ok
        self._move(phone, "object", reason="not_true", words=DOUBT)

    def wait_for_the_end(self, who: Resident) -> None:
        """The days of publication go by, until nine in the morning; every session has run out."""
        until_when = datetime.fromisoformat(self.seen_by(who)["publish_until"]).astimezone(SHANGHAI)
        morning = until_when + timedelta(seconds=1)
        self.stack.clock.set(morning.replace(hour=9, minute=0, second=0, microsecond=0))
        self.phones.clear()

    def seen_by(self, who: Resident) -> dict[str, Any]:
        """The deed as the household follows it."""
        return said(self.call(who).get(f"appraisals/{self.id}"))

    def is_in_force(self, who: Resident) -> bool:
        """Whether the days of publication have ended well."""
        return bool(self.seen_by(who)["stage"] == "in_force")

    def _ballot(self, who: Resident) -> dict[str, Any] | None:
        ballots = said(self.call(who).get("appraisals/votes"))["votes"]
        return next((ballot for ballot in ballots if ballot["id"] == self.id), None)

    def _with_picture(self, listed: list[dict[str, Any]]) -> dict[str, Any] | None:
        """The deed in a list, once its words and its picture may be seen there."""
        (shown,) = (each for each in listed if each["id"] == self.id)
        return shown if shown["words"] and shown["file_ids"] else None

    def _move(self, phone: Phone, step: str, **facts: Any) -> dict[str, Any]:
        return self._send(phone, f"appraisals/{self.id}/{step}", {"id": new_id(self.stack), **facts})

    def _send(self, phone: Phone, path: str, body: dict[str, Any]) -> dict[str, Any]:
        told = said(self.deliver(lambda: phone.post(path, body)), 201)
        assert told == said(phone.post(path, body), 201), "what is sent twice is done once"
        return told


def test_a_deed_is_judged_doubted_judged_again_and_brings_its_points(stack: Stack, village: Village) -> None:
    course = Course(stack, village, insist)
    accept(course.call(SHANG), "points_arrived")
    _walk(course)
    course.wait_for_the_end(SHANG)
    until(lambda: course.is_in_force(SHANG))
    _has_paid_once(course, before=0)


class Fate:
    """Some of what is sent meets a dying API; a worker dies with it, and both come back."""

    def __init__(self, stack: Stack, *, dies_at: Collection[int]) -> None:
        self.stack, self.dies_at, self.sent = stack, dies_at, 0

    def __call__(self, send: Send) -> requests.Response:
        """Send it, once more if need be."""
        self.sent += 1
        if self.sent in self.dies_at:
            return cut_off(self.stack, send, also=("worker",))
        return insist(send)


def test_a_deed_comes_to_its_end_whatever_dies_on_the_way(stack: Stack, village: Village) -> None:
    course = Course(stack, village, Fate(stack, dies_at=(TAKEN, DOUBTED, DECIDED)))
    accept(course.call(SHANG), "points_arrived")
    before = int(said(course.call(SHANG).get("points"))["balance"])
    _walk(course)
    stack.kill("scheduler")
    course.wait_for_the_end(SHANG)
    stack.launch("scheduler")
    replace_killed(stack, "scheduler", "worker")
    until(lambda: course.is_in_force(SHANG))
    _has_paid_once(course, before=before)


def _walk(course: Course) -> None:
    """From the declaration to the second panel's answer; the objector hears of it."""
    course.declare(SHANG)
    course.check(CLERK)
    first = course.judge(objections=[])
    assert course.seen_by(SHANG)["stage"] == "published"
    heard = len(_answers(course.call(OBJECTOR)))
    course.object_to(OBJECTOR)
    assert course.seen_by(SHANG)["stage"] == "objected"
    second = course.judge(objections=[f"事情不是这样的：{DOUBT}"])
    assert first | second == {who.name for who in COUNCIL}, "nobody judges twice while others are there"
    assert course.seen_by(SHANG)["stage"] == "published"
    assert len(_answers(course.call(OBJECTOR))) == heard + 1


def _answers(objector: Phone) -> list[str]:
    """What he was told of his objections."""
    texts = [str(letter["text"]) for letter in said(objector.get("inbox"))["items"]]
    return [text for text in texts if "重新评过，结果不变" in text]


def _has_paid_once(course: Course, *, before: int) -> None:
    """The household has its points once, the phone has rung once, and the villager reads why."""
    doer, balance = course.call(SHANG), before + POINTS
    points = said(doer.get("points"))
    paid = [said(doer.get(f"points/{entry['transfer_id']}")) for entry in points["entries"]]
    (why,) = (each for each in paid if each["subject_id"] == course.id)
    assert (points["household_id"], points["balance"]) == (household_of(doer), balance)
    assert (why["what"], why["points"], why["claimed"], why["cut_by"]) == ("清洁家园", POINTS, POINTS, "")
    assert (why["rule"], bool(why["rule_version"])) == ("deed.clean_up", True)

    (ring,) = until(lambda: _rings(doer, balance))
    assert ring["kind"] == "subscribe"
    letters = [letter for letter in said(doer.get("inbox"))["items"] if f"现在有 {balance} 分" in letter["text"]]
    assert [letter["title"] for letter in letters] == [f"{POINTS} 分到了"]
    seen = course.seen_by(SHANG)
    assert [line["step"] for line in seen["timeline"]] == STEPS
    assert [(voice["round"], voice["is_yes"]) for voice in seen["voices"]] == [(1, True)] * SEATS + [(2, True)] * SEATS
    assert not [who.name for who in (*COUNCIL, OBJECTOR) if who.name in str(seen)]


def _rings(phone: Phone, balance: int) -> list[dict[str, Any]]:
    """The messages about this balance that WeChat has shown."""
    told = ["现有积分", str(balance)]
    return [item for item in phone.screen() if item["template_id"] == RINGS and told in item["fields"]]

"""From a file of households to a visit in the feed: the whole way, calmly, and with everything dying on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests

from tests.journeys.people import bind_by_slip, new_id, photo, said, take_phone
from tests.journeys.roll import Resident, print_codes, print_slips
from tests.journeys.trouble import Send, cut_off, insist
from tests.journeys.village import CODE, HOMES, LI, SHANG, WANG, ZHAO, Village, household_of
from tests.stack import Phone, Stack, until

WORDS = "帮着把过冬的煤搬进了屋"
JPEG = b"\xff\xd8"
LEASE = 60  # after so many seconds another worker takes over what a dead one had in its hands
Deliver = Callable[[Send], requests.Response]


@pytest.fixture(scope="module")
def doors(stack: Stack) -> list[str]:
    """What cameras read from the printed sheet of door codes."""
    return print_codes(stack, CODE)


@dataclass
class Walk:
    """One way from the office to a door and back into the feed."""

    stack: Stack
    member: Phone
    deliver: Deliver
    while_checked: Callable[[], None] = lambda: None

    def scan(self, printed: str) -> dict[str, Any]:
        """Scan a printed code, and ask which door it is."""
        opened = self.stack.ask_sandbox(f"phones/{self.member.openid}/scan", {"text": printed})
        token = printed.rstrip("/").rsplit("/", 1)[-1]
        assert token in str(opened["query"])
        return said(self.member.post("household-codes/resolve", {"token": token})) | {"token": token}

    def send_photo(self) -> str:
        """Take a picture and send it."""
        file_id, picture = new_id(self.stack), photo()
        said(self.deliver(lambda: self.member.upload(f"media?id={file_id}", picture, "image/jpeg")), 201)
        return file_id

    def log(self, token: str, file_id: str) -> dict[str, Any]:
        """Write the visit down and share it with the village."""
        share = {"words": WORDS, "file_ids": [file_id], "has_picture_consent": True}
        body = {
            "id": new_id(self.stack),
            "door_code": token,
            "visited_at": self.stack.clock.now().isoformat(),
            "themes": ["livelihood"],
            "note": "煤够烧到开春",
            "file_ids": [file_id],
            "share": share,
        }
        logged = said(self.deliver(lambda: self.member.post("visits", body)), 201)
        assert logged == said(self.member.post("visits", body), 201)
        return logged


def test_every_household_of_the_file_has_its_own_code_on_the_sheet(doors: list[str]) -> None:
    assert len(doors) == len(set(doors)) == len(HOMES)
    tokens = [door.rsplit("/", 1)[-1] for door in doors]  # what stands before is an address with a port
    assert not [token for token in tokens if any(home.number in token for home in HOMES)]


def test_an_ordinary_camera_lands_on_a_page_that_shows_nothing_of_anybody(doors: list[str]) -> None:
    page = requests.get(doors[0], timeout=60)
    assert page.status_code == 200
    shown = page.text
    assert "微信" in shown
    told = [one.name for home in HOMES for one in home.residents] + [home.number for home in HOMES] + ["山口村", "三组"]
    assert not [words for words in told if words in shown]


def test_a_visit_at_the_door_is_in_the_feed_and_fulfils_the_duty(
    stack: Stack, village: Village, doors: list[str]
) -> None:
    _walk(Walk(stack, village.call(ZHAO), insist), doors, _bound_by_slip(stack, WANG))


def test_a_visit_survives_the_death_of_api_and_worker_at_every_step(
    stack: Stack, village: Village, doors: list[str]
) -> None:
    stack.ask_sandbox("settings", {"media_delay": 15.0})
    closed = partial(_while_wechat_comes_for_the_picture, stack, asked=_checks_asked(stack), lost=_packets_lost(stack))
    walk = Walk(stack, village.call(ZHAO), lambda send: cut_off(stack, send), while_checked=closed)
    _walk(walk, doors, village.call(SHANG))


def test_a_picture_whose_verdict_never_comes_ends_at_a_cadres_desk(
    stack: Stack, village: Village, doors: list[str]
) -> None:
    stack.ask_sandbox("settings", {"media_verdict": "never"})
    stack.command("grant", "--phone", LI.phone, "village_cadre", CODE)
    walk, reader, cadre = Walk(stack, village.call(ZHAO), insist), village.call(SHANG), village.call(LI)
    token = next(door["token"] for door in map(walk.scan, doors) if door["relation"] == "zone")
    post_id = walk.log(token, walk.send_photo())["id"]
    until(lambda: [post for post in said(reader.get("feed"))["posts"] if post["id"] == post_id])
    assert _shown(reader, post_id) is None, "its words have passed, its picture has not"

    for more in (1, 0):  # it is asked about a second time, then a person must look
        asked = _checks_asked(stack)
        stack.forward(minutes=31)
        until(lambda: _checks_asked(stack) == asked + more)  # noqa: B023
    until(lambda: post_id in {post["id"] for post in said(cadre.get("feed/held"))["items"]})
    assert post_id not in {post["id"] for post in said(reader.get("feed"))["posts"]}
    said(cadre.post(f"feed/{post_id}/release"))
    assert _shown(reader, post_id)


def _while_wechat_comes_for_the_picture(stack: Stack, *, asked: int, lost: int) -> None:
    """Nobody opens the door, nor hears that it was closed; after half an hour of silence the picture is asked about again."""
    until(lambda: _checks_asked(stack) > asked)
    for name in ("api", "worker"):
        stack.kill(name)
    until(lambda: _packets_lost(stack) > lost)
    stack.ask_sandbox("settings", {"media_delay": 0.1})
    stack.start("api", "worker")
    stack.forward(minutes=31)


def _packets_lost(stack: Stack) -> int:
    return int(stack.ask_sandbox("pushes?limit=0")["gave_up"])


def _checks_asked(stack: Stack) -> int:
    return int(stack.ask_sandbox("calls?path=/wxa/media_check_async&limit=0")["count"])


def _bound_by_slip(stack: Stack, person: Resident) -> Phone:
    phone = take_phone(stack, person.name)
    code = print_slips(stack, CODE)["8002"]
    assert bind_by_slip(phone, code)["state"] == "active"
    return phone


def _walk(walk: Walk, doors: list[str], villager: Phone) -> None:
    before, home = said(walk.member.get("duties/month")), household_of(villager)
    door = next(
        door for door in map(walk.scan, doors) if door["household"] and door["household"]["household_id"] == home
    )
    file_id = walk.send_photo()
    logged = walk.log(door["token"], file_id)
    assert (logged["household_id"], logged["proof"], logged["is_late"]) == (home, "scanned", False)

    after = said(walk.member.get("duties/month"))
    assert (after["done"], after["owed"]) == (before["done"] + 1, before["owed"] - 1)
    until(lambda: walk.member.get(f"media/{file_id}").ok)
    walk.while_checked()
    post = until(lambda: _shown(villager, logged["id"]), seconds=LEASE + 120)
    assert post["words"] == WORDS
    assert villager.get(f"media/{file_id}").content.startswith(JPEG)

    (seen,) = said(villager.get(f"households/{home}/visits"))["visits"]
    assert (seen["id"], seen["proof"]) == (logged["id"], "scanned")
    tap = {"id": new_id(walk.stack), "made_at": walk.stack.clock.now().isoformat(), "says_yes": True}
    said(walk.deliver(lambda: villager.post(f"visits/{logged['id']}/tap", tap)), 201)
    assert said(walk.member.get(f"visits/{logged['id']}"))["proof"] == "confirmed"
    assert len(said(villager.get(f"households/{home}/visits"))["visits"]) == 1


def _shown(reader: Phone, post_id: str) -> dict[str, Any] | None:
    """The post as a neighbour sees it, once its picture has passed too."""
    posts = [post for post in said(reader.get("feed"))["posts"] if post["id"] == post_id]
    assert len(posts) <= 1
    return posts[0] if posts and posts[0]["file_ids"] else None

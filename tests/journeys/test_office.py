"""The office: a cadre signs in with a second factor, opens what is hidden and is seen doing it; a backup comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyotp
import pytest
import requests

from app.adapters.embedded import EmbeddedPostgres
from tests.conftest import database_of
from tests.journeys.people import new_id, said
from tests.journeys.village import CODE, PATH, TOWN_CODE, WANG, Village
from tests.stack import Phone, Stack

CHOSEN = "走村串户-Long-2026"


class Cadre:
    """Somebody at a desk in the town hall, with an authenticator in his pocket."""

    def __init__(self, stack: Stack, username: str, *words: str) -> None:
        shown = stack.command("staff", "add", username, *words).stdout
        self.stack, self.username = stack, username
        self.password = _found(r"一次性密码：(\S+)", shown)
        self.totp = pyotp.parse_uri(_found(r"(otpauth://\S+)", shown))
        self.person_id = _found(r"--person (\S+)", shown)

    def code(self) -> str:
        """What the authenticator shows now."""
        assert isinstance(self.totp, pyotp.TOTP)
        return self.totp.at(self.stack.clock.now())

    def try_signing_in(self, code: str, *, at: Stack | None = None) -> requests.Response:
        """Type user name, password and code."""
        body = {"username": self.username, "password": self.password, "totp": code}
        return requests.post(f"{(at or self.stack).url}/api/v1/session/staff", json=body, timeout=60)

    def sign_in(self, *, at: Stack | None = None) -> Phone:
        """A session at the desk."""
        self.stack.forward(seconds=31)
        if at:
            at.clock.set(self.stack.clock.now())
        return Phone(at or self.stack, "", said(self.try_signing_in(self.code(), at=at), 201)["token"])


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]


@pytest.fixture(scope="module")
def cadre(stack: Stack) -> Cadre:
    """A village cadre who is on no roll, with his own password already."""
    cadre = Cadre(stack, "menglin", "--name", "孟林", "--area", TOWN_CODE)
    stack.command("grant", "--person", cadre.person_id, "village_cadre", CODE)
    return cadre


def test_a_first_password_opens_nothing_but_the_change_of_itself(cadre: Cadre) -> None:
    desk = cadre.sign_in()
    assert said(desk.get("me"))["must_change_password"]
    assert desk.get(f"duties/progress?area={PATH}").status_code == 403
    assert desk.post("session/staff/password", {"old": cadre.password, "new": "menglin123"}).status_code == 422
    said(desk.post("session/staff/password", {"old": cadre.password, "new": CHOSEN}))
    assert desk.get("me").status_code == 401
    cadre.password = CHOSEN


def test_a_code_that_was_used_or_is_wrong_opens_nothing(cadre: Cadre) -> None:
    desk = cadre.sign_in()
    assert said(desk.get(f"duties/progress?area={PATH}"))["total"] >= 3
    assert cadre.try_signing_in(cadre.code()).status_code == 403
    assert cadre.try_signing_in("000000").status_code == 403


def test_whoever_is_looked_at_sees_by_whom_and_why(cadre: Cadre, village: Village) -> None:
    villager = village.call(WANG)
    person = said(villager.get("me"))["person"]
    desk = cadre.sign_in()
    assert desk.post(f"persons/{new_id(cadre.stack)}/open", {"reason": "核对电话"}).status_code == 404
    opened = said(desk.post(f"persons/{person['id']}/open", {"reason": "核对电话"}))
    assert (opened["name"], opened["phone"]) == (WANG.name, WANG.phone)
    newest = said(villager.get("me/readers"))["items"][0]
    assert (newest["who"], newest["did"], newest["reason"]) == ("孟林", "看了您的姓名和电话", "核对电话")


@pytest.fixture
def empty_desk(cluster: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory, stack: Stack) -> Iterator[Stack]:
    """Another machine: an empty database, an empty folder, the same keys."""
    cluster.create_database("restored")
    desk = Stack(tmp_path_factory.mktemp("restored"), database_of(cluster, "restored"), start_at=stack.clock.now())
    yield desk
    desk.stop()
    cluster.drop_database("restored")


def test_a_backup_comes_back_on_an_empty_machine(stack: Stack, cadre: Cadre, empty_desk: Stack) -> None:
    archive = stack.folder / "county.tar"
    stack.command("backup", str(archive))
    empty = empty_desk.command("doctor", check=False).stderr
    assert "还没有这个版本的表" in empty
    assert "app migrate" in empty
    empty_desk.command("restore", str(archive))
    told = empty_desk.command("doctor").stdout
    assert "连得上" in told
    empty_desk.start("api")
    there, here = (cadre.sign_in(at=desk) for desk in (empty_desk, stack))
    for path in (f"duties/progress?area={PATH}", "feed"):
        assert said(there.get(path)) == said(here.get(path))

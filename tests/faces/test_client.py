"""The client under /m/: what may be kept, what may be loaded, who sees what; and one's own household with its keeper."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient

from app.kernel.access import SYSTEM, Actor
from app.kernel.transaction import Tx
from miniprogram_api.client import BUILT
from tests.makers.areas import VILLAGE, make_household
from tests.makers.identity import bearer
from tests.makers.members import make_member
from tests.makers.visits import make_someone, make_villager

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


def asset() -> str:
    """The largest script of the build."""
    found = max((BUILT / "assets").glob("*.js"), key=lambda path: path.stat().st_size)
    return f"assets/{found.name}"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("", "no-cache"),
        ("sw.js", "no-cache"),
        ("static/mark.svg", "no-cache"),
        (None, "public, max-age=31536000, immutable"),
    ],
)
def test_only_files_named_by_their_content_are_kept_for_ever(client: FlaskClient, name: str | None, kept: str) -> None:
    answer = client.get(f"/m/{asset() if name is None else name}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, kept)


def test_the_page_may_load_and_ask_nothing_from_elsewhere(client: FlaskClient) -> None:
    policy = client.get("/m/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy


def test_large_files_travel_zipped_and_an_unchanged_one_not_at_all(client: FlaskClient) -> None:
    plain = client.get(f"/m/{asset()}")
    zipped = client.get(f"/m/{asset()}", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(zipped.data) == plain.data
    assert len(zipped.data) * 2 < len(plain.data)
    again = client.get(f"/m/{asset()}", headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", ["../package.json", "..%2f..%2fpackage.json", "nowhere.js", "assets", "%00"])
def test_nothing_but_the_build_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/m/{name}").status_code in {400, 404}


def test_away_from_a_desk_a_browser_is_sent_into_the_mini_program(client: FlaskClient) -> None:
    way = client.get("/m/entry.json").json
    assert (way["sign_in"], way["phone_number"]) == (None, None)
    assert way["mini_program"].startswith("weixin://dl/business/?appid=")


def test_a_villager_sees_his_household_and_can_call_who_answers_for_it(client: FlaskClient, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        keeper = make_someone(tx, make_member(tx, "段永平", phone="13800000009"), "party_member", path=VILLAGE)
        home = make_household(tx, "0101", head="卢春生", keeper_id=keeper.person_id, last_visit_at=tx.now)
        villager = make_villager(tx, home, "卢冬生")
    mine = client.get("/api/v1/me/household", headers=bearer(villager.token)).json
    assert (mine["number"], mine["my_name"]) == ("0101", "卢冬生")
    assert {one["name"] for one in mine["people"]} == {"卢春生", "卢冬生"}
    assert (mine["keeper"]["name"], mine["keeper"]["phone"]) == ("段永平", "13800000009")


def test_a_phone_whose_clock_is_wrong_is_told_the_time_with_who_it_is(client: FlaskClient, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        villager, now = make_villager(tx, make_household(tx), "卢冬生"), tx.now
    told = client.get("/api/v1/me", headers=bearer(villager.token)).headers["X-Server-Time"]
    assert int(told) == round(now.timestamp() * 1000)

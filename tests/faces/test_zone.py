"""My zone, scanned codes, coverage and confirmation over HTTP, and the page behind a door code."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.domains.areas import actions
from app.kernel.access import SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.crypto import random_token
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx
from tests.makers.areas import NEXT_VILLAGE, TOWN, VILLAGE, make_area, make_code, make_household
from tests.makers.identity import bearer
from tests.makers.visits import Someone, make_cadre, make_keeper, make_villager

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


class Folk(NamedTuple):
    """A keeper with three households, a deputy, a cadre, a villager of the first household and one of another village."""

    keeper: Someone
    deputy: Someone
    cadre: Someone
    villager: Someone
    stranger: Someone
    homes: tuple[UUID, ...]
    code: str


@pytest.fixture
def folk(tx_as: TxAs) -> Folk:
    with tx_as(SYSTEM) as tx:
        keeper, deputy = make_keeper(tx, "段永平"), make_keeper(tx, "侯秀英")
        days = [None, tx.now - timedelta(days=45), tx.now - timedelta(days=1)]
        flags = [(), ("独居",), ("低保",)]
        homes = tuple(
            make_household(tx, str(n), head=f"卢春{n}", keeper_id=keeper.person_id, last_visit_at=at, flags=marks)
            for n, (at, marks) in enumerate(zip(days, flags, strict=True), start=1)
        )
        villager = make_villager(tx, homes[0], "卢冬生")
        stranger = make_villager(tx, make_household(tx, path=NEXT_VILLAGE), "李四", path=NEXT_VILLAGE)
        return Folk(keeper, deputy, make_cadre(tx), villager, stranger, homes, make_code(tx, homes[0]))


def get(client: FlaskClient, who: Someone, path: str, **headers: str) -> tuple[int, dict[str, object]]:
    answer = client.get(f"/api/v1{path}", headers={**bearer(who.token), **headers})
    return answer.status_code, answer.json or {}


def resolve(client: FlaskClient, who: Someone, token: str) -> tuple[int, dict[str, object]]:
    answer = client.post("/api/v1/household-codes/resolve", json={"token": token}, headers=bearer(who.token))
    return answer.status_code, answer.json


def test_a_zone_lists_who_waits_most_first_and_says_why(client: FlaskClient, folk: Folk) -> None:
    status, zone = get(client, folk.keeper, "/zone/households")
    assert status == 200
    rows: list[dict[str, object]] = zone["households"]  # type: ignore[assignment]
    assert [(r["number"], r["head_name"], r["days_since"]) for r in rows] == [
        ("1", "卢春1", None),
        ("2", "卢春2", 45),
        ("3", "卢春3", 1),
    ]
    assert rows[0]["why"] == "还没有去过"
    assert (zone["total"], zone["month"]) == (3, "2026-11")


def test_a_zone_that_has_not_changed_is_not_sent_again(client: FlaskClient, folk: Folk) -> None:
    first = client.get("/api/v1/zone/households", headers=bearer(folk.keeper.token))
    again = client.get(
        "/api/v1/zone/households", headers={**bearer(folk.keeper.token), "If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


def test_others_have_no_zone_and_a_deputy_has_the_absent_keepers(client: FlaskClient, tx_as: TxAs, folk: Folk) -> None:
    for who in (folk.deputy, folk.cadre, folk.villager):
        assert get(client, who, "/zone/households")[1]["households"] == []
    with tx_as(SYSTEM) as tx:
        until = tx.now + timedelta(days=3)
        actions.name_deputy(
            tx,
            absent_id=folk.keeper.person_id,
            deputy_id=folk.deputy.person_id,
            since=tx.now,
            until=until,
            reason="病",
        )
    rows = get(client, folk.deputy, "/zone/households")[1]["households"]
    assert {row["stands_in_for"] for row in rows} == {"段永平"}  # type: ignore[attr-defined]


def test_the_old_keeper_loses_sight_of_a_zone_at_once(client: FlaskClient, tx_as: TxAs, folk: Folk) -> None:
    assert get(client, folk.keeper, "/zone/households")[1]["total"] == 3
    with tx_as(SYSTEM) as tx:
        actions.hand_over(tx, from_id=folk.keeper.person_id, to_id=folk.deputy.person_id, reason="外出")
    assert get(client, folk.keeper, "/zone/households")[1]["total"] == 0
    assert get(client, folk.deputy, "/zone/households")[1]["total"] == 3
    assert resolve(client, folk.keeper, folk.code)[1]["relation"] == "other"


def test_a_scan_says_what_the_one_who_scans_may_know(client: FlaskClient, folk: Folk) -> None:
    said = {who: resolve(client, getattr(folk, who), folk.code)[1] for who in ("keeper", "villager", "cadre")}
    assert {who: door["relation"] for who, door in said.items()} == {
        "keeper": "zone",
        "villager": "own",
        "cadre": "area",
    }
    names = {who: door["household"]["head_name"] for who, door in said.items()}  # type: ignore[index]
    assert names == {"keeper": "卢春1", "villager": "卢春1", "cadre": "卢**"}
    people = {who: [p["name"] for p in door["household"]["people"]] for who, door in said.items()}  # type: ignore[index]
    assert {who: sorted(names) for who, names in people.items()} == {
        "keeper": ["卢冬生", "卢春1"],
        "villager": ["卢冬生", "卢春1"],
        "cadre": ["卢**", "卢**"],
    }
    assert said["villager"]["household"]["link"]["keeper_name"] == "段永平"  # type: ignore[index]


def test_a_stranger_learns_the_village_and_whom_to_ask_and_no_name(client: FlaskClient, folk: Folk) -> None:
    for who in (folk.stranger, folk.deputy):
        status, door = resolve(client, who, folk.code)
        assert status == 200
        assert door == {
            "relation": "other",
            "village": "山口村",
            "says": "这是山口村的一户。要找这一户，请问山口村的村干部或网格员。",
            "household": None,
        }


def test_an_unknown_and_a_revoked_code_look_alike(client: FlaskClient, tx_as: TxAs, folk: Folk) -> None:
    with tx_as(SYSTEM) as tx:
        actions.revoke_code(tx, folk.homes[0], reason="丢了")
    revoked, unknown = (resolve(client, folk.keeper, token) for token in (folk.code, random_token(24)))
    assert revoked == unknown
    assert revoked[0] == 404
    assert resolve(client, folk.keeper, "../../etc")[0] == 422
    assert client.post("/api/v1/household-codes/resolve", json={"token": folk.code}).status_code == 401


def test_both_sides_confirm_over_http(client: FlaskClient, folk: Folk) -> None:
    link = resolve(client, folk.villager, folk.code)[1]["household"]["link"]["id"]  # type: ignore[index]
    url = f"/api/v1/zone/links/{link}/confirm"
    assert client.post(url, headers=bearer(folk.stranger.token)).status_code == 404
    first = client.post(url, headers=bearer(folk.keeper.token)).json
    second = client.post(url, headers=bearer(folk.villager.token)).json
    assert [(said["by_keeper"], said["is_mutual"]) for said in (first, second)] == [(True, False), (False, True)]
    row = get(client, folk.keeper, "/zone/households")[1]["households"][0]  # type: ignore[index]
    assert row["keeper_confirmed"]
    assert row["household_confirmed"]


def test_a_cadre_sees_how_far_his_place_is_covered(client: FlaskClient, tx_as: TxAs, folk: Folk) -> None:
    with tx_as(SYSTEM) as tx:
        bare = {str(make_household(tx, f"b{n}")) for n in range(31)}
        make_area(tx, "419001/102/201/")
    status, said = get(client, folk.cadre, "/zone/coverage")
    assert status == 200
    assert (said["name"], said["households"], said["covered"], said["confirmed"]) == ("山口村", 34, 3, 0)
    rest = get(client, folk.cadre, f"/zone/coverage?after={said['next']}")[1]
    assert {row["id"] for part in (said, rest) for row in part["uncovered"]} == bare  # type: ignore[attr-defined]
    assert rest["next"] is None
    for elsewhere in (NEXT_VILLAGE, TOWN, "nowhere"):
        assert get(client, folk.cadre, f"/zone/coverage?area={elsewhere}")[0] == 404
    assert get(client, folk.keeper, "/zone/coverage")[0] == 403


@pytest.mark.usefixtures("folk")
def test_a_town_sees_its_villages_side_by_side(client: FlaskClient, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        town = make_cadre(tx, path=TOWN, role="town_cadre")
    said = get(client, town, f"/zone/coverage?area={TOWN}")[1]
    assert said["places"] == [
        {"area": VILLAGE, "name": "山口村", "households": 3, "covered": 3},
        {"area": NEXT_VILLAGE, "name": "白龙庙村", "households": 1, "covered": 0},
    ]


def test_the_page_behind_a_code_is_the_same_for_every_token_and_shows_nothing(client: FlaskClient, folk: Folk) -> None:
    pages = [client.get(f"/d/{token}") for token in (folk.code, random_token(24))]
    known, unknown = (page.text.replace(token, "") for page, token in zip(pages, (folk.code, ""), strict=True))
    assert {page.status_code for page in pages} == {200}
    assert len(known) == len(unknown) - 24
    assert all(word not in known for word in ("卢", "段", "山口", "户号"))
    for header, words in (
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Robots-Tag", "noindex"),
        ("Content-Security-Policy", "default-src 'none'"),
    ):
        assert words in pages[0].headers[header]


def test_the_page_repeats_nothing_that_is_no_token(client: FlaskClient, runtime: Runtime) -> None:
    page = client.get("/d/%22%3E%3Cscript%3Ealert(1)%3C").text
    assert "script" not in page
    assert f"appid={runtime.settings.wechat.mini_program.app_id}" in page


def test_a_household_sees_once_a_day_that_its_keeper_has_opened_it(
    client: FlaskClient, folk: Folk, clock: MovableClock
) -> None:
    def readers() -> list[tuple[str, str]]:
        lines: Any = get(client, folk.villager, "/me/readers")[1]["items"]
        return [(line["who"], line["did"]) for line in lines]

    visits = f"/households/{folk.homes[0]}/visits"
    for who in (folk.keeper, folk.villager, folk.stranger):
        get(client, who, visits)
        resolve(client, who, folk.code)
    get(client, folk.keeper, "/zone/households")
    assert readers() == [("段永平", "看了您家的情况")]
    clock.set(clock.now() + timedelta(days=1), rate=0)
    get(client, folk.keeper, visits)
    assert readers() == [("段永平", "看了您家的情况")] * 2

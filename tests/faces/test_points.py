"""Points over HTTP: one's own household, an area's households, and why an entry is as it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from app.domains.points import actions as points
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from app.kernel.values import SHANGHAI
from tests.makers.areas import NEXT_VILLAGE, VILLAGE
from tests.makers.identity import bearer, make_session
from tests.makers.points import give, make_homes, take_back
from tests.makers.visits import Someone, make_cadre, make_villager


@pytest.fixture
def home(runtime: Runtime) -> UUID:
    return make_homes(runtime, 1)[0]


@pytest.fixture
def villager(runtime: Runtime, home: UUID) -> Someone:
    with transaction(runtime, SYSTEM) as tx:
        return make_villager(tx, home)


@pytest.fixture
def neighbour(runtime: Runtime) -> Someone:
    (other,) = make_homes(runtime, 1)
    with transaction(runtime, SYSTEM) as tx:
        return make_villager(tx, other, "孙铁柱")


def cadre(runtime: Runtime, path: str, role: str = "village_cadre") -> Someone:
    with transaction(runtime, SYSTEM) as tx:
        return make_cadre(tx, path=path, role=role)


def ask(client: FlaskClient, who: Someone, path: str, *, status: int = 200) -> dict[str, Any]:
    answer = client.get(f"/api/v1/{path}", headers=bearer(who.token))
    assert answer.status_code == status, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def test_a_household_without_points_has_nought(client: FlaskClient, home: UUID, villager: Someone) -> None:
    assert ask(client, villager, "points") == {
        "household_id": str(home), "balance": 0, "entries": [], "next": None,
        "score": 0, "score_per": "quarter", "score_from": "2026-10-01", "moved_this_month": 0,
    }  # fmt: skip


def test_the_two_numbers_part_when_a_quarter_ends_and_a_mistake_is_taken_out_of_both(
    client: FlaskClient, runtime: Runtime, home: UUID, villager: Someone, clock: MovableClock
) -> None:
    wrong = give(runtime, home, 7)
    give(runtime, home, 5)
    give(runtime, home, -2)
    take_back(runtime, wrong.transfer_id)
    told = ask(client, villager, "points")
    assert (told["balance"], told["score"], told["moved_this_month"]) == (3, 3, 3)
    account_id = villager.actor.account_id
    assert account_id
    clock.set(datetime(2027, 1, 4, 9, 0, tzinfo=SHANGHAI))
    with transaction(runtime, SYSTEM) as tx:
        token = make_session(tx, account_id)
    told = ask(client, villager._replace(token=token), "points")
    assert (told["balance"], told["score"], told["moved_this_month"]) == (3, 0, 0)
    assert told["score_from"] == "2027-01-01"


def test_what_a_cap_has_cut_is_said_with_its_figure_in_the_words_of_the_rule_of_then(
    client: FlaskClient, runtime: Runtime, home: UUID, villager: Someone
) -> None:
    rule = {"rule": "deed.clean_up", "rule_version": runtime.presets["appraisals"]["deed"].version}
    cut = give(runtime, home, 25, caps=(points.Cap("clean_up", 20, "month"),), **rule)
    (entry,) = ask(client, villager, "points")["entries"]
    assert (entry["claimed"], entry["points"], entry["cut_words"]) == (25, 20, "这一类每月最多 20 分")
    why = ask(client, villager, f"points/{cut.transfer_id}")
    assert (why["rule_points"], why["rule_cap"], why["rule_per"]) == ([5, 5], 20, "month")


def test_a_villager_reads_the_balance_and_the_newest_entry_first(
    client: FlaskClient, runtime: Runtime, home: UUID, villager: Someone
) -> None:
    give(runtime, home, 5)
    give(runtime, home, -2, rule_name="乱倒垃圾")
    told = ask(client, villager, "points")
    assert told["balance"] == 3
    assert [(one["what"], one["points"], one["balance"]) for one in told["entries"]] == [
        ("乱倒垃圾", -2, 3),
        ("帮老人收麦", 5, 5),
    ]
    assert ask(client, villager, f"households/{home}/points") == told


def test_pages_go_on_where_they_ended_whatever_came_meanwhile(
    client: FlaskClient, runtime: Runtime, home: UUID, villager: Someone
) -> None:
    for _ in range(35):
        give(runtime, home, 1)
    first = ask(client, villager, "points")
    give(runtime, home, 1)
    second = ask(client, villager, f"points?before={first['next']}")
    balances = [one["balance"] for one in (*first["entries"], *second["entries"])]
    assert balances == list(range(35, 0, -1))
    assert second["next"] is None


def test_why_tells_the_rule_its_version_and_which_cap_cut(
    client: FlaskClient, runtime: Runtime, home: UUID, villager: Someone
) -> None:
    most = runtime.presets["points"].household.month
    give(runtime, home, most - 2)
    cut = give(runtime, home, 6, rule="deed.clean_lane", rule_name="清扫村巷")
    told = ask(client, villager, f"points/{cut.transfer_id}")
    assert (told["claimed"], told["points"], told["cut_by"]) == (6, 2, "每户每月上限")
    assert (told["what"], told["rule"], told["rule_version"]) == ("清扫村巷", "deed.clean_lane", "v1")
    assert (told["subject"], told["caps_version"]) == ("appraisal", runtime.presets["points_version"])
    assert told["subject_id"]


def test_a_cap_of_the_rule_itself_is_told_by_its_key(
    client: FlaskClient, runtime: Runtime, home: UUID, villager: Someone
) -> None:
    cut = give(runtime, home, 6, caps=(points.Cap("每次上限", 4, "event"),))
    assert ask(client, villager, f"points/{cut.transfer_id}")["cut_by"] == "每次上限"


def test_an_entry_that_was_put_right_names_its_reversal_and_the_reason(
    client: FlaskClient, runtime: Runtime, home: UUID, villager: Someone
) -> None:
    award = give(runtime, home, 5)
    reversal_id = take_back(runtime, award.transfer_id, reason="同一件事记了两次")
    assert ask(client, villager, f"points/{award.transfer_id}")["reversed_by_id"] == str(reversal_id)
    told = ask(client, villager, f"points/{reversal_id}")
    assert (told["original_id"], told["reason"], told["points"]) == (str(award.transfer_id), "同一件事记了两次", -5)


def test_nobody_reads_the_points_of_a_neighbour(
    client: FlaskClient, runtime: Runtime, home: UUID, neighbour: Someone
) -> None:
    award = give(runtime, home, 5)
    assert ask(client, neighbour, f"households/{home}/points", status=404)["code"] == "points.no_account"
    assert ask(client, neighbour, f"points/{award.transfer_id}", status=404)["code"] == "points.not_found"
    assert ask(client, neighbour, f"points/{uuid4()}", status=404)["code"] == "points.not_found"


def test_cadres_read_the_points_of_their_own_area_only(client: FlaskClient, runtime: Runtime, home: UUID) -> None:
    award = give(runtime, home, 5)
    own, other = cadre(runtime, VILLAGE), cadre(runtime, NEXT_VILLAGE)
    town = cadre(runtime, "419001/101/", "town_cadre")
    for who in (own, town):
        assert ask(client, who, f"households/{home}/points")["balance"] == 5
        assert ask(client, who, f"points/{award.transfer_id}")["household_id"] == str(home)
    ask(client, other, f"households/{home}/points", status=404)
    ask(client, other, f"points/{award.transfer_id}", status=404)


def test_a_cadre_without_a_household_has_no_points_of_his_own(client: FlaskClient, runtime: Runtime) -> None:
    ask(client, cadre(runtime, VILLAGE), "points", status=404)

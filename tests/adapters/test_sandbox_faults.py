"""The fault plan does on the wire what was ordered, and the journal counts what came."""

from __future__ import annotations

import time

import pytest
import requests

from tests.adapters.sandbox_desk import Desk, desks

desk = pytest.fixture(desks)
SEND = "/cgi-bin/message/subscribe/send"


@pytest.fixture
def phone(desk: Desk) -> dict[str, object]:
    """Somebody who agreed to many messages."""
    made = desk.phone()
    desk.ctl(f"/phones/{made['openid']}/credits", {"template": "once", "count": 100})
    desk.token()
    return made


def shown(desk: Desk, phone: dict[str, object]) -> int:
    return len(desk.screen(phone, "subscribe"))


def raw_send(desk: Desk, phone: dict[str, object], timeout: float = 0.3) -> requests.Response:
    message = {
        "touser": phone["openid"],
        "template_id": "once",
        "data": {"thing1": {"value": "灯"}, "name2": {"value": "赵"}},
    }
    return requests.post(desk.url + SEND, json=message, params={"access_token": desk.token()}, timeout=timeout)


def test_an_error_number_is_played_so_many_times(desk: Desk, phone: dict[str, object]) -> None:
    desk.ctl("/fault", {"path": SEND, "errcode": -1, "times": 2})
    answers = [desk.subscribe_send(phone) for _ in range(3)]
    assert [one["errcode"] for one in answers] == [-1, -1, 0]
    assert answers[0]["errmsg"].startswith("system error rid: ")
    assert shown(desk, phone) == 1


def test_a_fault_can_be_about_one_person_and_many_paths(desk: Desk, phone: dict[str, object]) -> None:
    other = desk.phone()
    desk.allow(other)
    desk.ctl("/fault", {"path": "/cgi-bin/message/*", "errcode": 43101, "openid": phone["openid"]})
    assert desk.subscribe_send(phone)["errcode"] == 43101
    assert desk.subscribe_send(other)["errcode"] == 0


def test_a_fault_can_be_a_matter_of_chance_and_is_cleared_by_its_label(desk: Desk, phone: dict[str, object]) -> None:
    desk.ctl("/fault", {"path": SEND, "errcode": -1, "probability": 0.5, "label": "busy"})
    codes = {desk.subscribe_send(phone)["errcode"] for _ in range(40)}
    assert codes == {0, -1}
    assert desk.ctl("/fault?label=busy", method="DELETE") == {"faults": []}


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [("timeout_after_accept", 1), ("black_hole", 0), ("reset", 0), ("reset_after_accept", 1)],
)
def test_an_answer_that_never_comes(desk: Desk, phone: dict[str, object], kind: str, accepted: int) -> None:
    desk.ctl("/fault", {"path": SEND, "kind": kind, "times": 1})
    expected = requests.ConnectionError if "reset" in kind else requests.ReadTimeout
    with pytest.raises(expected):
        raw_send(desk, phone)
    assert shown(desk, phone) == accepted


def test_pages_and_half_answers_instead_of_json(desk: Desk, phone: dict[str, object]) -> None:
    seen = []
    for kind in ("http_502", "html", "truncated_json"):
        desk.ctl("/fault", {"path": SEND, "kind": kind, "times": 1})
        answer = raw_send(desk, phone)
        seen.append((answer.status_code, answer.headers["Content-Type"].split(";")[0], shown(desk, phone)))
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
    assert seen == [(502, "text/html", 0), (200, "text/html", 0), (200, "application/json", 1)]


def test_a_delay_and_a_latency_take_their_time(desk: Desk, phone: dict[str, object]) -> None:
    desk.ctl("/latency", {"p50_ms": 60})
    desk.ctl("/fault", {"path": SEND, "delay_ms": 60, "times": 1})
    started = time.monotonic()
    assert desk.subscribe_send(phone)["errcode"] == 0
    assert time.monotonic() - started > 0.11


def test_an_unknown_fault_or_setting_is_refused_with_a_word(desk: Desk) -> None:
    for path, content in (
        ("fault", {"kind": "earthquake"}),
        ("settings", {"nonsense": 1}),
        ("settings", {"push_copies": "3"}),
    ):
        answer = requests.post(f"{desk.url}/__ctl/{path}", json=content, timeout=60)
        assert answer.status_code == 400
        assert answer.json()["error"]


def test_the_journal_counts_every_call_and_keeps_no_secret(desk: Desk, phone: dict[str, object]) -> None:
    before = desk.ctl(f"/calls?path={SEND}")["count"]
    for _ in range(3):
        desk.subscribe_send(phone)
    told = desk.ctl(f"/calls?path={SEND}&limit=2")
    assert told["count"] - before == 3
    assert told["errcodes"] == {SEND: {"0": 3}}
    assert [one["to"] for one in told["calls"]] == [phone["openid"]] * 2
    assert desk.token() not in str(told)


def test_copies_of_a_message_are_counted_by_content_or_by_a_field(desk: Desk, phone: dict[str, object]) -> None:
    desk.ctl("/copies", {"on": True})
    for page in ("pages/a", "pages/a", "pages/b"):
        desk.subscribe_send(phone, page=page)
    told = desk.ctl("/copies")
    assert {key: told[key] for key in ("accepted", "messages", "duplicated", "most")} == {
        "accepted": 3,
        "messages": 2,
        "duplicated": 1,
        "most": 2,
    }
    desk.ctl("/copies", {"on": True, "by": "page"})
    desk.subscribe_send(phone, page="pages/c")
    assert desk.ctl("/copies?min=1")["copies"] == {"pages/c": 1}


def test_starting_afresh_forgets_everything_but_the_phones(desk: Desk, phone: dict[str, object]) -> None:
    desk.subscribe_send(phone)
    desk.ctl("/fault", {"errcode": -1})
    desk.ctl("/reset", {})
    assert desk.ctl("/calls")["count"] == 0
    assert desk.ctl("/fault") == {"faults": []}
    assert desk.screen(phone) == []
    assert len(desk.ctl("/phones")["phones"]) == 1
    desk.ctl("/reset", {"phones": True})
    assert desk.ctl("/phones") == {"phones": []}

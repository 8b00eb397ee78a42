"""The sandbox as a program: its clock file, its memory across restarts, its page, its codes, its manners on the wire."""

from __future__ import annotations

import io
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import zxingcpp
from PIL import Image

from app.kernel.clock import MovableClock
from sandbox.clock import VirtualClock
from tests.adapters.sandbox_desk import CONFIG, Desk, desks

desk = pytest.fixture(desks)
ROOT = Path(__file__).resolve().parents[2]


def started(*options: str) -> tuple[subprocess.Popen[str], str]:
    program = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", *options], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    line = program.stdout.readline()
    assert line.startswith("sandbox ready on http://127.0.0.1:")
    return program, line.split()[-1].rstrip("/")


def ended(program: subprocess.Popen[str]) -> int:
    program.send_signal(signal.SIGTERM)
    code = program.wait(10)
    assert program.stdout is not None
    program.stdout.close()
    return code


def test_phones_messages_and_agreements_outlive_a_restart(tmp_path: Path) -> None:
    options = ("--state-file", str(tmp_path / "state.json"))
    program, url = started(*options)
    phone = requests.post(f"{url}/__ctl/phones", json={"name": "王桂兰", "number": "13800000001"}, timeout=60).json()
    where = f"{url}/__ctl/phones/{phone['openid']}"
    requests.post(f"{where}/credits", json={"template": "once", "count": 2}, timeout=60)
    requests.post(f"{where}/reply", json={"text": "灯不亮"}, timeout=60)
    assert ended(program) == 0
    program, url = started(*options)
    where = f"{url}/__ctl/phones/{phone['openid']}"
    assert requests.get(where, timeout=60).json()["credits"] == {"once": 2}
    assert [one["text"] for one in requests.get(f"{where}/messages", timeout=60).json()["messages"]] == ["灯不亮"]
    assert ended(program) == 0


def test_the_product_reads_the_clock_that_the_sandbox_moves(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    clock, products = VirtualClock(path), MovableClock(path)
    assert abs(clock.now() - products.now().timestamp()) < 600
    clock.set(now=1_800_000_000.0, rate=0.0)
    assert products.now().timestamp() == clock.now() == 1_800_000_000.0
    clock.advance(3600)
    assert products.now().timestamp() == 1_800_003_600.0
    clock.set(rate=60.0)
    time.sleep(0.05)
    assert products.now().timestamp() > 1_800_003_602


def test_the_sandbox_follows_a_clock_that_somebody_else_moves(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    clock = VirtualClock(path)
    path.write_text(json.dumps({"virtual": 1_700_000_000.0, "real": time.time(), "rate": 0.0}))
    time.sleep(0.06)
    assert clock.now() == 1_700_000_000.0
    path.unlink()
    time.sleep(0.06)
    assert abs(clock.now() - time.time()) < 600


def test_the_clock_can_be_paused_set_and_advanced(desk: Desk) -> None:
    desk.ctl("/clock", {"pause": True, "now": 1_795_000_000})
    assert desk.ctl("/advance", {"seconds": 86_400}) == {"now": 1_795_086_400.0, "rate": 0.0}


def test_the_page_and_all_it_needs_come_from_this_machine(desk: Desk) -> None:
    page = requests.get(desk.url, timeout=60)
    assert page.status_code == 200
    assert "假微信，不会发给真人" in page.text
    for name in (
        "desk.css",
        "icons.css",
        "desk.js",
        "draw.js",
        "sheets.js",
        "switches.js",
        "words.js",
        "mark.svg",
        "ridge.svg",
    ):
        answer = requests.get(f"{desk.url}/static/{name}", timeout=60)
        assert answer.status_code == 200, name
        outside = answer.text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in outside, name
        assert "https://" not in outside, name


def test_the_desk_tells_all_once_and_then_only_what_is_new(desk: Desk) -> None:
    desk.phone(name="王桂兰", subtitle="村民 · 留村 3 组")
    desk.phone(name="李志强", shown=False)
    desk.ctl("/next-due", {"at": 1_800_000_000, "label": "镇里接"})
    told = desk.ctl("/desk")
    assert [one["name"] for one in told["phones"]] == ["王桂兰"]
    assert told["hidden"] == 1
    assert told["next_due"] == {"at": 1_800_000_000.0, "label": "镇里接"}
    assert set(desk.ctl(f"/desk?since={told['revision']}")) == {"revision", "clock"}
    desk.phone(name="周敏")
    assert "phones" in desk.ctl(f"/desk?since={told['revision']}")


def test_a_phone_is_found_by_any_id_and_keeps_its_ids(desk: Desk) -> None:
    phone = desk.phone(number="13800000001")
    for key in ("openid", "oa_openid", "unionid", "number"):
        assert desk.ctl(f"/phones/{phone[key]}")["openid"] == phone["openid"]
    answer = requests.patch(f"{desk.url}/__ctl/phones/{phone['openid']}", json={"unionid": "other"}, timeout=60)
    assert answer.status_code == 400
    assert requests.get(f"{desk.url}/__ctl/phones/nobody", timeout=60).status_code == 404


def test_a_mini_program_code_can_be_read_and_scanned(desk: Desk) -> None:
    asked = {"scene": "7Hq2Lr9vXw4TzB6nKd3MsP", "page": "pages/visit/door", "width": 430}
    answer = desk.post("/wxa/getwxacodeunlimit", asked, access_token=desk.token())
    assert answer.headers["Content-Type"] == "image/png"
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)))
    opened = desk.ctl(f"/phones/{desk.phone()['openid']}/scan", {"text": read.text})
    assert (opened["page"], opened["query"]) == ("pages/visit/door", {"scene": asked["scene"]})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"scene": ""}, 40169),
        ({"scene": "x" * 33}, 40169),
        ({"scene": "50%"}, 40169),
        ({"scene": "门牌"}, 40169),
        ({"page": "/pages/visit/door"}, 41030),
        ({"page": "pages/visit/door?a=1"}, 41030),
        ({"page": "pages/nowhere"}, 41030),
        ({"width": 200}, 40097),
        ({"env_version": "beta"}, 40097),
    ],
)
def test_a_code_that_cannot_be_drawn_is_refused_in_json(desk: Desk, change: dict[str, object], code: int) -> None:
    desk.running.world.config.pages = ["pages/visit/door"]
    asked = {"scene": "7Hq2Lr9vXw4T", "page": "pages/visit/door"}
    assert desk.call("/wxa/getwxacodeunlimit", {**asked, **change})["errcode"] == code


def test_links_live_thirty_days_at_most(desk: Desk) -> None:
    asked = {"path": "pages/case", "query": "id=7", "expire_type": 1, "expire_interval": 30}
    assert desk.call("/wxa/generate_urllink", asked)["url_link"].startswith("https://wxaurl.cn/")
    assert desk.call("/wxa/generate_urllink", {**asked, "expire_interval": 31})["errcode"] == 85401
    scheme = {"jump_wxa": {"path": "pages/case", "query": ""}}
    assert desk.call("/wxa/generatescheme", scheme)["openlink"].startswith("weixin://dl/business/?t=")


def test_menu_and_followers_are_kept(desk: Desk) -> None:
    phone, menu = desk.phone(follows_oa=True), {"button": [{"type": "click", "name": "有事您说", "key": "report"}]}
    token = desk.token("oa")
    assert desk.get("/cgi-bin/menu/get", access_token=token).json()["errcode"] == 46003
    assert desk.call("/cgi-bin/menu/create", menu, account="oa")["errcode"] == 0
    assert desk.get("/cgi-bin/menu/get", access_token=token).json() == {"menu": menu}
    info = desk.get("/cgi-bin/user/info", access_token=token, openid=phone["oa_openid"]).json()
    assert (info["subscribe"], info["unionid"]) == (1, phone["unionid"])


def test_a_plain_link_on_a_door_opens_the_mini_program_with_the_link(desk: Desk) -> None:
    opened = desk.ctl(f"/phones/{desk.phone()['openid']}/scan", {"text": "https://lianxin.example/d/7Hq2Lr"})
    assert opened["query"]["q"] == "https%3A%2F%2Flianxin.example%2Fd%2F7Hq2Lr"


def test_a_client_on_a_local_port_may_ask_and_others_may_not(desk: Desk) -> None:
    local, foreign = (
        requests.get(f"{desk.url}/__ctl/clock", headers={"Origin": origin}, timeout=60).headers
        for origin in ("http://127.0.0.1:5173", "https://evil.example")
    )
    assert local["Access-Control-Allow-Origin"] == "http://127.0.0.1:5173"
    assert "Access-Control-Allow-Origin" not in foreign


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b""),
        (b"nonsense\r\n\r\n", b"HTTP/1.1 400"),
        (b"POST /sms/send HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 411"),
        (b"POST /sms/send HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", b"HTTP/1.1 413"),
        (b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 200"),
    ],
)
def test_odd_bytes_on_the_wire_get_a_plain_answer_or_none_yet(desk: Desk, sent: bytes, status: bytes) -> None:
    host, port = desk.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=0.3) as line:
        line.sendall(sent)
        try:
            answer = line.recv(1000)
        except TimeoutError:
            answer = b""
    assert answer.startswith(status)
    assert bool(answer) is bool(status)


def test_links_on_a_phone_open_the_h5_client_as_its_owner(desk: Desk) -> None:
    desk.running.world.config.h5_base = "http://127.0.0.1:5173/h5/"
    phone = desk.phone(number="13800000001")
    desk.allow(phone)
    desk.subscribe_send(phone)
    link = desk.call("/wxa/generate_urllink", {"path": "pages/case", "query": "id=9"})["url_link"]
    desk.sms("13800000001", f"【连心】看一眼：{link} 。", own_id="m1")
    links = [one["link"] for one in desk.screen(phone)]
    moved = [requests.get(desk.url + link, allow_redirects=False, timeout=60) for link in links]
    landed = [urlsplit(answer.headers["Location"]) for answer in moved]
    assert [one.fragment for one in landed] == ["/pages/case?id=7", "/pages/case?id=9"]
    codes = [dict(parse_qsl(one.query))["code"] for one in landed]
    app = {"appid": CONFIG.mp.appid, "secret": CONFIG.mp.secret, "grant_type": "authorization_code"}
    signed_in = [desk.get("/sns/jscode2session", js_code=code, **app).json() for code in codes]
    assert [one["openid"] for one in signed_in] == [phone["openid"]] * 2


def test_wechats_page_asks_who_comes_in_and_only_leads_back_to_this_machine(desk: Desk) -> None:
    phone = desk.phone(number="13800000001")
    asked = requests.get(f"{desk.url}/connect/login", params={"redirect_uri": "http://127.0.0.1:5173/m/"}, timeout=60)
    assert phone["openid"] in asked.text
    elsewhere = requests.get(f"{desk.url}/connect/login", params={"redirect_uri": "https://evil.example/"}, timeout=60)
    assert elsewhere.status_code == 400

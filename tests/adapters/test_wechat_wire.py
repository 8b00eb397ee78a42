"""HTTP to one fixed host: what is kept, what is refused, and what a failure says."""

from __future__ import annotations

import socket
import time

import pytest

from app.adapters.wire import Wire, WireFailed, is_private
from tests.adapters.scripted import Reply, ScriptedServer, says


def test_a_connection_is_kept_and_used_again(server: ScriptedServer, wire: Wire) -> None:
    for _ in range(5):
        assert wire.get("/a", {}).body == b'{"errcode": 0, "errmsg": "ok"}'
    assert server.connections == 1


def test_a_connection_that_the_other_side_closed_meanwhile_is_replaced(server: ScriptedServer, wire: Wire) -> None:
    server.always(says({}, fault="close"))
    for _ in range(3):
        assert wire.get("/a", {}).status == 200
        time.sleep(0.1)
    assert server.connections == 3


def test_the_prefix_of_the_base_url_is_kept(server: ScriptedServer) -> None:
    with Wire(server.url + "/wechat/") as wire:
        wire.get("/cgi-bin/x", {"a": "1 &2"})
    assert (server.asked[0].path, server.asked[0].query) == ("/wechat/cgi-bin/x", {"a": "1 &2"})


def test_a_redirect_is_an_answer_and_is_not_followed(server: ScriptedServer, wire: Wire) -> None:
    server.always(Reply(status=302, headers={"Location": f"{server.url}/elsewhere"}))
    assert wire.get("/a", {}).status == 302
    assert [one.path for one in server.asked] == ["/a"]


def test_nobody_listening_means_that_nothing_was_sent() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        wire = Wire(f"http://127.0.0.1:{held.getsockname()[1]}")
        with pytest.raises(WireFailed) as failure:
            wire.post("/a", b"{}", query={"secret": "canary"}, headers={})
    assert (failure.value.what, failure.value.maybe_sent) == ("no_connection", False)


def test_trap_b2_a_silent_host_is_left_after_the_time_limit(server: ScriptedServer, wire: Wire) -> None:
    server.always(Reply(after=2))
    with pytest.raises(WireFailed) as failure:
        wire.post("/a", b"{}", query={}, headers={})
    assert (failure.value.what, failure.value.maybe_sent) == ("timeout", True)


def test_an_answer_that_drips_for_ever_is_left_too(server: ScriptedServer, wire: Wire) -> None:
    server.always(Reply(b"x" * 100, fault="drip"))
    with pytest.raises(WireFailed, match="timeout"):
        wire.get("/a", {})


def test_a_connection_cut_after_the_request_may_have_been_heard(server: ScriptedServer, wire: Wire) -> None:
    server.always(Reply(fault="reset"))
    with pytest.raises(WireFailed) as failure:
        wire.post("/a", b"{}", query={}, headers={})
    assert (failure.value.what, failure.value.maybe_sent) == ("reset", True)


def test_an_answer_shorter_than_announced_is_no_answer(server: ScriptedServer, wire: Wire) -> None:
    server.always(Reply(b"0123456789", fault="cut"))
    with pytest.raises(WireFailed, match="reset"):
        wire.get("/a", {})


def test_an_answer_larger_than_the_limit_is_not_read(server: ScriptedServer) -> None:
    server.always(Reply(b"x" * 70_000))
    with Wire(server.url, max_bytes=50_000) as wire, pytest.raises(WireFailed, match="too_large"):
        wire.get("/a", {})


@pytest.mark.parametrize(
    "url",
    [
        "ftp://api.weixin.qq.com",
        "file:///etc/passwd",
        "api.weixin.qq.com",
        "http://",
        "http://user@host",
        "https://api.weixin.qq.com?x=1",
        "https://api.weixin.qq.com@evil.example",
    ],
)
def test_a52_a_base_url_that_hides_something_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        Wire(url)


@pytest.mark.parametrize("path", ["/a\r\nX-Evil: 1", "/a b", "/a\x00", "/ä"])
def test_a52_a_path_that_breaks_the_request_line_sends_nothing(server: ScriptedServer, wire: Wire, path: str) -> None:
    with pytest.raises(WireFailed) as failure:
        wire.get(path, {})
    assert not failure.value.maybe_sent
    assert server.asked == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fe80::1%lo", "0.0.0.0"],  # noqa: S104
)
def test_a52_a_public_name_that_leads_into_our_network_is_not_dialled(address: str) -> None:
    assert not Wire("https://api.weixin.qq.com").may_reach(address)


def test_a52_a_name_that_resolves_to_this_machine_is_refused_before_any_connection(server: ScriptedServer) -> None:
    wire = Wire(f"http://localhost:{server.port}", may_be_private=False)
    with pytest.raises(WireFailed) as failure:
        wire.get("/a", {})
    assert (failure.value.maybe_sent, server.connections) == (False, 0)


def test_a_public_address_may_be_dialled() -> None:
    assert Wire("https://api.weixin.qq.com").may_reach("101.91.37.100")


def test_an_address_in_the_settings_is_meant() -> None:
    assert is_private("127.0.0.1")
    assert is_private("::1")
    assert is_private("localhost")
    assert not is_private("api.weixin.qq.com")

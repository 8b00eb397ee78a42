"""Content checks: texts at once, pictures later by a push."""

from __future__ import annotations

import http.client
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from sandbox.answers import Refusal
from sandbox.api.calls import Call
from sandbox.phones import Phone
from sandbox.push.courier import LOOPBACK
from sandbox.push.packets import Event
from sandbox.world import World

ACTIVE_WITHIN = 7200
LONGEST_TEXT = 2500
LARGEST_PICTURE = 10 * 1024 * 1024
CANNOT_FETCH = 4294966288  # -1008 as an unsigned number, as WeChat writes it
_FETCH_SECONDS = 5.0


def check_text(world: World, call: Call) -> dict[str, Any]:
    """POST /wxa/msg_sec_check, version 2."""
    _visitor(world, call)
    text = call.json.get("content")
    if not isinstance(text, str) or not text:
        raise Refusal(44004, "empty content")
    if len(text) > LONGEST_TEXT:
        raise Refusal(45002)
    suggest, label = _judge(world, text, escaped=b"\\u" in call.request.body)
    return {"errcode": 0, "errmsg": "ok", **_verdict(suggest, label), "trace_id": _trace_id()}


def check_media(world: World, call: Call) -> dict[str, Any]:
    """POST /wxa/media_check_async, version 2: the verdict comes as wxa_media_check."""
    phone = _visitor(world, call)
    url = call.json.get("media_url")
    if not isinstance(url, str) or call.json.get("media_type") not in {1, 2}:
        raise Refusal(40097)
    trace_id, verdict = _trace_id(), world.settings.media_verdict
    if verdict != "never":
        world.courier.later(world.settings.media_delay, lambda: _tell(world, phone, (url, trace_id, verdict)))
    return {"errcode": 0, "errmsg": "ok", "trace_id": trace_id}


def _visitor(world: World, call: Call) -> Phone:
    if call.json.get("version") != 2:
        raise Refusal(40097)
    if call.json.get("scene") not in {1, 2, 3, 4}:
        raise Refusal(40129)
    phone = world.phones.of_mp(call.json.get("openid"))
    if phone is None:
        raise Refusal(40003)
    if world.clock.now() - phone.visited_at > ACTIVE_WITHIN:
        raise Refusal(61010)
    return phone


def _judge(world: World, text: str, *, escaped: bool) -> tuple[str, int]:
    """Escaped Chinese is not recognised by WeChat, so nothing is found in it."""
    if escaped:
        return "pass", 100
    for suggest, words in (("risky", world.settings.risky_words), ("review", world.settings.review_words)):
        for word, label in words.items():
            if word in text:
                return suggest, label
    return "pass", 100


def _verdict(suggest: str, label: int) -> dict[str, Any]:
    judged = {"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90}
    keyword: dict[str, Any] = {"strategy": "keyword", "errcode": 0}
    if suggest == "risky":
        keyword |= {"suggest": suggest, "label": label, "keyword": "*", "level": 90}
    return {"detail": [keyword, judged], "result": {"suggest": suggest, "label": label}}


def _tell(world: World, phone: Phone, asked: tuple[str, str, str]) -> None:
    url, trace_id, verdict = asked
    fetched = verdict != "-1008" and _fetch(url)
    with world.lock:
        head: dict[str, Any] = {
            "ToUserName": world.config.mp.original_id,
            "FromUserName": phone.openid,
            "CreateTime": int(world.clock.now()),
            "MsgType": "event",
            "Event": "wxa_media_check",
            "appid": world.config.mp.appid,
            "trace_id": trace_id,
        }
        world.courier.push(world.config.mp, Event({**head, **_outcome(world, verdict if fetched else "-1008")}))


def _outcome(world: World, verdict: str) -> dict[str, Any]:
    risky = int(verdict == "risky")
    if verdict == "-1008":
        return {"isrisky": 0, "extra_info_json": "", "status_code": CANNOT_FETCH, "detail": []}
    if world.settings.media_old_shape:
        return {"isrisky": risky, "extra_info_json": "", "status_code": 0, "detail": []}
    label = {"pass": 100, "review": 21000}.get(verdict, 20002)
    told = _verdict(verdict, label)
    return {"version": 2, "errcode": 0, "errmsg": "ok", "detail": told["detail"][1:], "result": told["result"]}


def _fetch(url: str) -> bool:
    """Whether the picture could be had; only from this machine, the sandbox never goes out."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        return False
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_FETCH_SECONDS)
    try:
        connection.request("GET", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}")
        answer = connection.getresponse()
        picture = answer.read(LARGEST_PICTURE + 1)
        return answer.status == http.client.OK and 0 < len(picture) <= LARGEST_PICTURE
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _trace_id() -> str:
    return f"{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"

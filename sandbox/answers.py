"""WeChat's answers: error numbers with their official words, and the `rid` that ends each message."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from sandbox.wire import JSON, Answer

WORDS: dict[int, str] = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40037: "invalid template_id",
    40053: "invalid action info, please check document",
    40066: "invalid url",
    40091: "secret is invalid",
    40097: "invalid args",
    40125: "invalid appsecret",
    40129: "invalid scene",
    40163: "code been used",
    40164: "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist,",
    40165: "invalid weapp pagepath",
    40169: "invalid length for scene, or the data is not json string",
    40226: "high risk user blocked",
    40249: "this template msg has been blocked for illegal content",
    41001: "access_token missing",
    41030: "invalid page",
    42001: "access_token expired",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    43108: "Cannot make concurrent calls to the same OpenID, please try again",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48006: "forbid to clear quota because of reaching the limit",
    61010: "code is expired",
    61024: "access clientip is not registered",
    81013: "user & party & tag all invalid",
    85401: "time limit between 1min and 1year",
    89503: "this ip needs the administrator's confirmation",
}


class Refusal(Exception):
    """WeChat says no: the number, and its words when they are not the usual ones."""

    def __init__(self, code: int, words: str | None = None, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.words = words or WORDS.get(code, "system error")
        self.more = more


def new_rid() -> str:
    """A reference such as 64229bc2-48d0e8b1-2008ed9b."""
    return f"{int(time.time()):08x}-{random.getrandbits(32):08x}-{random.getrandbits(32):08x}"


def refused(refusal: Refusal, rid: str) -> dict[str, Any]:
    """The JSON of a refusal; HTTP says 200 all the same."""
    return {"errcode": refusal.code, "errmsg": f"{refusal.words} rid: {rid}", **refusal.more}


def as_json(content: dict[str, Any]) -> Answer:
    """A JSON answer, Chinese left as it is."""
    return Answer(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), content_type=JSON)

"""Ways into the mini-program from outside: the round code on a door card, and a link in an SMS."""

from __future__ import annotations

import re
from typing import Final, Literal

from app.adapters.wechat.errors import WeChatRefused
from app.adapters.wechat.gateway import Gateway
from app.domains.media.ports import DoorCodeRefusal
from app.domains.notices.ports import Outcome

CODE_PATH = "/wxa/getwxacodeunlimit"
LINK_PATH = "/wxa/generate_urllink"

Edition = Literal["release", "trial", "develop"]
_TOKEN = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
_NARROWEST, _WIDEST = 280, 1280
_AFTER_DAYS: Final = 1
_BY_NUMBER: Final = {
    "40129": DoorCodeRefusal.BAD_TOKEN,
    "40169": DoorCodeRefusal.BAD_TOKEN,
    "41030": DoorCodeRefusal.PAGE_NOT_PUBLISHED,
}


class WeChatDoorCodes:
    """Draws mini-program codes; they live for ever and there may be any number of them."""

    def __init__(self, gateway: Gateway, *, edition: Edition = "release") -> None:
        self._gateway = gateway
        self._edition = edition

    def mini_program_code(self, token: str, page: str, width: int) -> bytes | DoorCodeRefusal:
        """A picture that opens the page with the random token; the width is brought into WeChat's bounds."""
        if not _TOKEN.fullmatch(token):
            return DoorCodeRefusal.BAD_TOKEN
        request = {
            "scene": token,
            "page": page.lstrip("/"),
            "width": min(max(width, _NARROWEST), _WIDEST),
            "env_version": self._edition,
            "check_path": self._edition == "release",
        }
        try:
            return self._gateway.picture(CODE_PATH, request)
        except WeChatRefused as refusal:
            return _kind_of(refusal)


class WeChatLinks:
    """Makes links that open the mini-program; at most 30 days."""

    def __init__(self, gateway: Gateway, *, edition: Edition = "release") -> None:
        self._gateway = gateway
        self._edition = edition

    def mini_program_link(self, page: str, *, query: str, days: int) -> str | Outcome:
        """The link, or why there is none."""
        request = {
            "path": page,
            "query": query,
            "env_version": self._edition,
            "expire_type": _AFTER_DAYS,
            "expire_interval": min(max(days, 1), 30),
        }
        try:
            link = self._gateway.call(LINK_PATH, request).get("url_link")
        except WeChatRefused as refusal:
            return refusal.result.outcome
        return link if isinstance(link, str) and link.startswith("https://") else Outcome.RETRY


def _kind_of(refusal: WeChatRefused) -> DoorCodeRefusal:
    """WeChat's refusal in the printer's words; the minute's quota is a reason to wait, not to give up."""
    result = refusal.result
    if kind := _BY_NUMBER.get(result.code):
        return kind
    return DoorCodeRefusal.MISCONFIGURED if result.outcome is Outcome.MISCONFIGURED else DoorCodeRefusal.BUSY

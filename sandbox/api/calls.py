"""One call to an interface: what was asked, by whose token, about whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.answers import Refusal
from sandbox.postbox import Letter
from sandbox.wire import Answer, Request
from sandbox.world import World


class Call:
    """A request with its query and JSON read on demand."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.appid = ""  # whose token it carries, known once that is checked

    @cached_property
    def args(self) -> dict[str, str]:
        """The query string."""
        return self.request.args()

    @cached_property
    def sent(self) -> dict[str, Any] | None:
        """The JSON object of the body; None when it is none."""
        try:
            content = json.loads(self.request.body)
        except ValueError:
            return None
        return content if isinstance(content, dict) else None

    @property
    def json(self) -> dict[str, Any]:
        """The JSON object of the body; refused with 47001 when it is none."""
        if self.sent is None:
            raise Refusal(47001)
        return self.sent

    @property
    def to(self) -> str:
        """The openid (or the phone number) that the call is about; empty when it names none."""
        content = self.sent or {}
        return str(content.get("touser") or content.get("openid") or content.get("phone") or "")


Handler = Callable[[World, Call], "dict[str, Any] | Answer"]
Describe = Callable[[World, Call], Letter]


@dataclass(frozen=True, slots=True)
class Route:
    """How one interface is answered."""

    handler: Handler
    account: str = ""  # whose token it needs: mp, oa, any, wecom; empty: none
    letter: Describe | None = None  # for interfaces that send something to a person
    serial: bool = False  # two calls at once about one openid are refused with 43108
    per_minute: int = 0
    per_day: int = 0

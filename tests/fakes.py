"""WeChat and SMS, played in a few lines for tests of what is inside; the journeys use the sandbox over HTTP instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.adapters.pictures import PictureWorkshop
from app.adapters.storage import FileStorage
from app.domains.identity.ports import CodeRefusal, PhoneNumber, PhoneProvider, SessionProvider, WeChatIdentity
from app.domains.media.ports import ContentChecker, PictureCleaner, Scene, Storage, Verdict
from app.settings import Settings


@dataclass
class FakeSessions:
    """A code `openid-x` belongs to openid x, once; `used` and `bad` are refused as WeChat refuses them."""

    spent: set[str] = field(default_factory=set)

    def exchange(self, code: str) -> WeChatIdentity | CodeRefusal:
        """The person behind the code."""
        if not code.startswith("openid-"):
            return CodeRefusal.BAD_CODE
        if code in self.spent:
            return CodeRefusal.USED_CODE
        self.spent.add(code)
        openid = code.split("#", maxsplit=1)[0]
        return WeChatIdentity(openid=openid, unionid=f"union-{openid}")


@dataclass
class FakePhones:
    """A code `phone-138…` shows that number."""

    def number(self, code: str) -> PhoneNumber | CodeRefusal:
        """The number behind the code."""
        if not code.startswith("phone-"):
            return CodeRefusal.BAD_CODE
        return PhoneNumber(code.removeprefix("phone-"))


@dataclass
class FakeChecker:
    """Texts with 坏话 are risky, with 再看 need a person; `is_down` plays an outage."""

    is_down: bool = False
    asked: list[str] = field(default_factory=list)

    def check_text(self, openid: str, text: str, scene: Scene) -> Verdict:
        """The verdict on a text."""
        del openid, scene
        if self.is_down:
            return Verdict.UNAVAILABLE
        return Verdict.RISKY if "坏话" in text else Verdict.REVIEW if "再看" in text else Verdict.PASS

    def request_media_check(self, openid: str, url: str, scene: Scene) -> str | Verdict:
        """A trace id whose verdict the test sends itself."""
        del openid, scene
        if self.is_down:
            return Verdict.UNAVAILABLE
        self.asked.append(url)
        return f"trace-{len(self.asked)}"


def outside(settings: Settings) -> Mapping[type[Any], Any]:
    """The ports of a test's runtime; files and pictures are the real thing."""
    return {
        SessionProvider: FakeSessions(),
        PhoneProvider: FakePhones(),
        ContentChecker: FakeChecker(),
        Storage: FileStorage(Path(settings.storage.folder)),
        PictureCleaner: PictureWorkshop(),
    }

"""WeChat's check of what people want others to see (msg_sec_check and media_check_async, version 2)."""

from __future__ import annotations

from typing import Final

from app.adapters.wechat.errors import WeChatRefused
from app.adapters.wechat.gateway import Gateway
from app.domains.media.ports import Scene, Verdict

TEXT_PATH = "/wxa/msg_sec_check"
MEDIA_PATH = "/wxa/media_check_async"

_LONGEST: Final = 2500
_OVERLAP: Final = 50  # a bad word on the seam is in one part or the other
_PICTURE: Final = 2
_WORSE: Final = (Verdict.PASS, Verdict.REVIEW, Verdict.UNAVAILABLE, Verdict.RISKY)
_SUGGESTIONS: Final = {"pass": Verdict.PASS, "review": Verdict.REVIEW, "risky": Verdict.RISKY}
_BY_NUMBER: Final = {"61010": Verdict.REVIEW, "87014": Verdict.RISKY}


class WeChatContent:
    """Checks texts at once and pictures by and by."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def check_text(self, openid: str, text: str, scene: Scene) -> Verdict:
        """The worst verdict on any part of the text."""
        worst = Verdict.PASS
        for part in _parts(text):
            worst = max(worst, self._check(openid, part, scene), key=_WORSE.index)
            if worst is Verdict.RISKY:
                break
        return worst

    def request_media_check(self, openid: str, url: str, scene: Scene) -> str | Verdict:
        """The trace id under which the verdict comes by callback, or why there is none."""
        request = {"openid": openid, "scene": int(scene), "version": 2, "media_url": url, "media_type": _PICTURE}
        try:
            trace_id = self._gateway.call(MEDIA_PATH, request).get("trace_id")
        except WeChatRefused as refusal:
            return _BY_NUMBER.get(refusal.result.code, Verdict.UNAVAILABLE)
        return trace_id if isinstance(trace_id, str) and trace_id else Verdict.UNAVAILABLE

    def _check(self, openid: str, text: str, scene: Scene) -> Verdict:
        request = {"openid": openid, "scene": int(scene), "version": 2, "content": text}
        try:
            result = self._gateway.call(TEXT_PATH, request).get("result")
        except WeChatRefused as refusal:
            return _BY_NUMBER.get(refusal.result.code, Verdict.UNAVAILABLE)
        suggestion = result.get("suggest") if isinstance(result, dict) else None
        return _SUGGESTIONS.get(str(suggestion), Verdict.REVIEW)


def _parts(text: str) -> list[str]:
    """Pieces that the check takes; an empty text has none."""
    step = _LONGEST - _OVERLAP
    return [text[at : at + _LONGEST] for at in range(0, max(len(text) - _OVERLAP, 1), step)] if text.strip() else []

"""What WeChat's picture check says in its event, in both shapes that are in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domains.media.ports import Verdict

_NOT_CHECKED = {"", "0"}


def verdict_of(payload: Mapping[str, Any]) -> Verdict:
    """Pass, risky, or a person must look: also when the words are not known. None at all when the picture was not looked at."""
    if str(payload.get("status_code", "0")) not in _NOT_CHECKED or str(payload.get("errcode", "0")) not in _NOT_CHECKED:
        return Verdict.UNAVAILABLE
    result = payload.get("result")
    suggest = result.get("suggest") if isinstance(result, dict) else None
    if suggest is not None:
        return _WORDS.get(str(suggest), Verdict.REVIEW)
    return _OLD_WORDS.get(str(payload.get("isrisky")), Verdict.REVIEW)


_WORDS = {"pass": Verdict.PASS, "review": Verdict.REVIEW, "risky": Verdict.RISKY}
_OLD_WORDS = {"0": Verdict.PASS, "1": Verdict.RISKY}

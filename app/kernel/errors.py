"""The five ways in which a domain refuses; each carries a stable code and a sentence for the person."""

from __future__ import annotations


class Refusal(Exception):
    """A clear no: nothing was changed, and the sentence says what to do next."""

    code = "refused"
    sentence = "这件事现在办不了，请稍后再试。"

    def __init__(self, sentence: str = "", *, field: str | None = None) -> None:
        self.sentence = sentence or type(self).sentence
        self.field = field
        super().__init__(self.code)


class Invalid(Refusal):
    """What was sent cannot be understood or breaks a rule."""

    code = "invalid"
    sentence = "填写的内容有问题，请改一下再送。"


class Forbidden(Refusal):
    """The person is known, and may not do this."""

    code = "forbidden"
    sentence = "您还没有办这件事的权限，请联系村里。"


class NotFound(Refusal):
    """It does not exist, or not for this person: the two must look the same."""

    code = "not_found"
    sentence = "没有找到，可能已经不在了。"


class Conflict(Refusal):
    """It was right when it was written, and something else came first."""

    code = "conflict"
    sentence = "这件事刚才已经有变化，请刷新看一眼。"


class TooMany(Refusal):
    """Too often in too short a time; `wait_seconds` says when to come back."""

    code = "too_many"
    sentence = "点得太快了，请过一会儿再来。"

    def __init__(self, sentence: str = "", *, wait_seconds: int = 60) -> None:
        super().__init__(sentence)
        self.wait_seconds = wait_seconds

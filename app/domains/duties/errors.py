"""The ways in which duties refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class DutyNotFound(NotFound):
    """No such duty, or not for this person."""

    code = "duties.not_found"
    sentence = "没有找到这一项，可能已经换人联系。"


class DutyAlreadyDone(Conflict):
    """What is done needs no excuse."""

    code = "duties.already_done"
    sentence = "这一户这个月已经去过，不用再免。"


class UnknownExcuse(Invalid):
    """A reason that the preset does not know."""

    code = "duties.unknown_excuse"
    sentence = "请选一个列出来的原因。"


class UnknownKind(NotFound):
    """A kind of duty that this city does not run."""

    code = "duties.unknown_kind"
    sentence = "没有找到这一项，请刷新看一眼。"

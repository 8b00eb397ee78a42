"""The ways in which visits refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class VisitInFuture(Invalid):
    """A visit that has not happened yet."""

    code = "visits.in_future"
    sentence = "走访时间还没到，请核对日期和时间。"


class VisitTooOld(Invalid):
    """A visit of too long ago."""

    code = "visits.too_old"
    sentence = "这次走访过去太久，补不上了。最近几天的还可以补记。"


class DoorUnknown(Invalid):
    """Neither a household nor a scanned code was named."""

    code = "visits.door_unknown"
    sentence = "还不知道是哪一户，请扫门牌码或从名单里点一户。"


class WrongDoor(Conflict):
    """The code that was scanned hangs at another door."""

    code = "visits.wrong_door"
    sentence = "扫的门牌码是另一户的，请核对一下再记。"


class PicturesNeedConsent(Invalid):
    """Pictures go to the feed only when the household has agreed."""

    code = "visits.pictures_need_consent"
    sentence = "照片要户主同意才能晒出去。请先问一声，或者只晒文字。"


class VisitNotFound(NotFound):
    """No such visit, or not for this person."""

    code = "visits.not_found"
    sentence = "没有找到这次走访，可能还没有传上来。"


class NotYourVisit(Forbidden):
    """Only who made a visit can put it right."""

    code = "visits.not_yours"
    sentence = "这次走访是别人记的，请他本人来改。您可以补一条说明。"


class TooLateToCorrect(Conflict):
    """The day for putting a mistake right is over."""

    code = "visits.too_late_to_correct"
    sentence = "记下来超过一天就不能改了。有话可以补一条说明。"


class PostNotFound(NotFound):
    """No such post, or not for this person."""

    code = "visits.post_not_found"
    sentence = "没有找到这条晒走访，可能已经收起来了。"


class PostIsRisky(Conflict):
    """The content check says that this may never be shown."""

    code = "visits.post_is_risky"
    sentence = "内容检查认为这条不能公开，放不出来。请作者改了再晒。"


class CommentNotFound(NotFound):
    """No such comment, or not for this person."""

    code = "visits.comment_not_found"
    sentence = "没有找到这条评论，可能已经收起来了。"


class CommentTooLong(Invalid):
    """A comment with more letters than the preset allows."""

    code = "visits.comment_too_long"

    def __init__(self, letters: int = 300) -> None:
        """Say how many letters are allowed."""
        super().__init__(f"评论最多 {letters} 个字，请写短一点再发。", field="words")


class CommentIsRisky(Conflict):
    """The content check says that this may never be shown."""

    code = "visits.comment_is_risky"
    sentence = "内容检查认为这条评论不能公开，放不出来。请写的人换个说法再发。"


class CommentTakenBack(Conflict):
    """Who wrote it has taken it back; it is shown to nobody any more."""

    code = "visits.comment_taken_back"
    sentence = "写的人已经把这条评论收回了，不用再看。"


class UnknownReason(Invalid):
    """A reason that is not on the list."""

    code = "visits.unknown_reason"
    sentence = "请从列出的原因里选一个。"
